import { beforeEach, describe, expect, test } from 'vitest';
import { GroupQueue, MAX_GROUP, MAX_QUEUED_BYTES, MAX_QUEUED_REQUESTS } from '../../../src/store/group-queue.ts';

describe('a group queue', () => {
  let groups: (readonly string[])[];
  let queue: GroupQueue<string, string>;
  beforeEach(() => {
    groups = [];
    queue = new GroupQueue((group) => groups.push(group));
  });

  function ask(request: string, bytes = 0): Promise<string> {
    return queue.submit(request, bytes, (reply) => `${request}=${reply}`);
  }

  function refusals(requests: Promise<string>[]): Promise<string[]> {
    return Promise.all(requests.map((request) => request.catch((error: Error) => error.message)));
  }

  test('requests that arrive while a group is under way make up the next one', async () => {
    const asked = ['a', 'b', 'c'].map((request) => ask(request));
    expect(groups).toEqual([['a']]);
    queue.settle(['1']);
    expect(groups).toEqual([['a'], ['b', 'c']]);
    asked.push(ask('d'));
    queue.settle(['2', '3']);
    queue.settle(['4']);
    expect(await Promise.all(asked)).toEqual(['a=1', 'b=2', 'c=3', 'd=4']);
  });

  test('a group is bounded', () => {
    const asked = Array.from({ length: MAX_GROUP + 2 }, (_, index) => ask(String(index)));
    queue.settle(['']);
    queue.settle(Array.from({ length: MAX_GROUP }, () => ''));
    expect(groups.map((group) => group.length)).toEqual([1, MAX_GROUP, 1]);
    expect(groups.flat()).toEqual(asked.map((_, index) => String(index)));
  });

  test('an error of one result rejects that request alone', async () => {
    const failing = queue.submit('a', 0, () => {
      throw new Error('not accepted');
    });
    const other = ask('b');
    queue.settle(['1']);
    queue.settle(['2']);
    await expect(failing).rejects.toThrow('not accepted');
    expect(await other).toBe('b=2');
  });

  test('a refused group is rejected and the next one is sent', async () => {
    const asked = ['a', 'b'].map((request) => ask(request));
    queue.refuse(new Error('no'));
    queue.settle(['2']);
    expect(await refusals(asked)).toEqual(['no', 'b=2']);
  });

  test('after a failure every request is rejected', async () => {
    const asked = ['a', 'b'].map((request) => ask(request));
    queue.fail(new Error('broken'));
    asked.push(ask('c'));
    expect(await refusals(asked)).toEqual(['broken', 'broken', 'broken']);
    expect(groups).toEqual([['a']]);
  });

  test('the number of requests is bounded, and room comes back with replies', async () => {
    const asked = Array.from({ length: MAX_QUEUED_REQUESTS }, (_, index) => ask(String(index)));
    await expect(ask('over')).rejects.toMatchObject({ name: 'UserError', code: 'limit' });
    queue.settle(['']);
    asked.push(ask('last'));
    await expect(ask('over')).rejects.toMatchObject({ code: 'limit' });
    expect(queue.refused).toBe(2);
    expect(asked).toHaveLength(MAX_QUEUED_REQUESTS + 1);
  });

  test('the bytes of requests are bounded, and room comes back with replies', async () => {
    const first = ask('a', MAX_QUEUED_BYTES - 10);
    await expect(ask('b', 11)).rejects.toMatchObject({ code: 'limit' });
    const second = ask('c', 10);
    queue.settle(['1']);
    const third = ask('d', MAX_QUEUED_BYTES - 10);
    queue.settle(['2']);
    queue.settle(['3']);
    expect(await Promise.all([first, second, third])).toEqual(['a=1', 'c=2', 'd=3']);
  });

  test('is idle when the last group is answered', async () => {
    const order: string[] = [];
    const asked = ['a', 'b'].map((request) => ask(request).then((reply) => order.push(reply)));
    const idle = queue.idle().then(() => order.push('idle'));
    queue.settle(['1']);
    await asked[0];
    queue.settle(['2']);
    await idle;
    await asked[1];
    expect(order).toEqual(['a=1', 'b=2', 'idle']);
    await queue.idle();
  });

  test('is idle when it has failed', async () => {
    const asked = ask('a');
    const idle = queue.idle();
    queue.fail(new Error('broken'));
    await idle;
    await expect(asked).rejects.toThrow('broken');
  });
});

import { describe, expect, it } from 'vitest';
import { Reports } from '../../../src/agent/reports.ts';
import { MAX_REPORT_PORTS, type Report } from '../../../src/control/messages.ts';

interface Asked {
  readonly ports: Report['ports'];
  readonly done: (isAcknowledged: boolean) => void;
}

function open() {
  const asked: Asked[] = [];
  const session = { isReady: true };
  const reports = new Reports(({ ports }, done) => {
    if (session.isReady) asked.push({ ports, done });
    return session.isReady;
  });
  return { asked, session, reports };
}

describe('what became of a port', () => {
  it('is told at once, and forgotten when it was heard', () => {
    const { asked, reports } = open();
    reports.set('a30', 7, 'up');
    expect(asked.map(({ ports }) => ports)).toEqual([[{ name: 'a30', revision: 7, state: 'up' }]]);
    expect(reports.waiting).toBe(1);
    asked[0]?.done(true);
    expect(reports.waiting).toBe(0);
    reports.flush();
    expect(asked).toHaveLength(1);
  });

  it('is told in order: the next report goes when the one before was heard', () => {
    const { asked, reports } = open();
    reports.set('a30', 7, 'up');
    reports.set('a30', 7, 'lost');
    reports.flush();
    expect(asked).toHaveLength(1);
    asked[0]?.done(true);
    expect(asked[1]?.ports).toEqual([{ name: 'a30', revision: 7, state: 'lost' }]);
    asked[1]?.done(true);
    expect(reports.waiting).toBe(0);
  });

  it('is its last state; what was in between is not told', () => {
    const { asked, session, reports } = open();
    session.isReady = false;
    reports.set('a30', 7, 'up');
    reports.set('a30', 7, 'lost');
    reports.set('a30', 8, 'up');
    reports.set('b30', 3, 'up');
    session.isReady = true;
    reports.flush();
    expect(asked[0]?.ports).toEqual([
      { name: 'a30', revision: 8, state: 'up' },
      { name: 'b30', revision: 3, state: 'up' },
    ]);
    asked[0]?.done(true);
    expect(asked).toHaveLength(1);
  });

  it('that comes back to what is being told is told again', () => {
    const { asked, reports } = open();
    reports.set('a30', 7, 'up');
    reports.set('a30', 7, 'lost');
    reports.set('a30', 7, 'up');
    asked[0]?.done(true);
    expect(asked[1]?.ports).toEqual([{ name: 'a30', revision: 7, state: 'up' }]);
  });

  it('is told again when it was refused or the session ended, with what came since', () => {
    const { asked, session, reports } = open();
    reports.set('a30', 7, 'up');
    reports.set('b30', 3, 'up');
    session.isReady = false;
    asked[0]?.done(false);
    expect(reports.waiting).toBe(2);
    reports.flush();
    session.isReady = true;
    reports.flush();
    expect(asked[1]?.ports.map(({ name }) => name)).toEqual(['a30', 'b30']);
    asked[1]?.done(true);
    expect(reports.waiting).toBe(0);
  });

  it('is told for as many ports as a message takes, until all were heard', () => {
    const { asked, session, reports } = open();
    const names = Array.from({ length: 2 * MAX_REPORT_PORTS + 1 }, (_, at) => `p${at}`);
    session.isReady = false;
    for (const name of names) reports.set(name, 1, 'up');
    session.isReady = true;
    reports.flush();
    for (let at = 0; at < asked.length; at++) asked[at]?.done(true);
    expect(asked.map(({ ports }) => ports.length)).toEqual([MAX_REPORT_PORTS, MAX_REPORT_PORTS, 1]);
    expect(asked.flatMap(({ ports }) => ports.map(({ name }) => name))).toEqual(names);
    expect(reports.waiting).toBe(0);
  });
});

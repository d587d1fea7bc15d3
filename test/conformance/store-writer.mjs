// Writes pairs of keys to the store in the file argv[3], with argv[4] requests at a time, and prints
// the number of each pair once it is acknowledged. argv[2] is the built SQLite store. Goes on until
// the store fails; then it prints the error, what a request afterwards got, and ends.

import { writeSync } from 'node:fs';

const [, , modulePath, storePath, parallel] = process.argv;
const { openSqliteStore } = await import(modulePath);
const store = await openSqliteStore(storePath);
let last = await store.revision();

async function write() {
  for (;;) {
    last += 1;
    const number = last;
    const value = new TextEncoder().encode(`value of ${number}`);
    const pair = ['left', 'right'].map((side) => ({ kind: 'put', key: `${side}/${number}`, value }));
    await store.transact([], pair);
    writeSync(1, `${number}\n`);
  }
}

const failures = await Promise.allSettled(Array.from({ length: Number(parallel) }, write));
const [afterwards] = await Promise.allSettled([store.get('left/1')]);
await store.close();
for (const { reason } of [...failures, afterwards]) writeSync(1, `${reason.name}: ${reason.message}\n`);

// Writes the manual, dist/man/*.1, from the commands as they are built in dist/.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { VERSION } from '../dist/base/version.js';
import { manualPages } from '../dist/cli/manual/manual-pages.js';
import { buildProgram } from '../dist/cli/run-cli.js';

const FOLDER = new URL('../dist/man/', import.meta.url);

// Nothing of this machine goes into the pages: a world without variables, and no date but the one asked for.
const nowhere = { environment: {}, out() {}, err() {} };
const seconds = process.env.SOURCE_DATE_EPOCH;
const date = (seconds === undefined ? new Date() : new Date(Number(seconds) * 1000)).toISOString().slice(0, 10);

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const page of manualPages(await buildProgram([], nowhere), { version: VERSION, date })) {
  writeFileSync(new URL(page.name, FOLDER), page.text);
}

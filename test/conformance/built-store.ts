import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const SOURCE = join(ROOT, 'src/store');
const BUILD = join(ROOT, 'dist/store');

/** The built SQLite store, for programs that tests start. */
export const BUILT_SQLITE_STORE = join(BUILD, 'sqlite-store.js');

/** Threads and programs run what was built, so a missing or old build would be tested instead of the source. */
export function requireBuild(): void {
  for (const file of readdirSync(SOURCE).filter((name) => name.endsWith('.ts'))) {
    const built = join(BUILD, file.replace(/\.ts$/, '.js'));
    if (!existsSync(built) || statSync(built).mtimeMs < statSync(join(SOURCE, file)).mtimeMs) {
      throw new Error(`${built} is missing or older than its source: run \`npm run build\``);
    }
  }
}

// Generates the TypeScript face of each protocol in proto/ into src/<part>/generated/, and copies the
// JavaScript into dist/<part>/generated/, where the built program looks for it (tsc copies no .js).
// Does nothing when its results are newer than what they are made from.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const cli = require.resolve('protobufjs-cli/package.json');

const PROTOCOLS = [
  { name: 'control', part: 'control' },
  { name: 'header', part: 'wire' },
];

const OPTIONS = ['-t', 'static-module', '-w', 'esm', '--dts'];
// What no code of ours calls. Comments go with the rest; the .proto file has them.
const LEAN = ['--no-create', '--no-verify', '--no-convert', '--no-delimited', '--no-typeurl', '--no-service'];

for (const { name, part } of PROTOCOLS) {
  const source = join(root, 'proto', `${name}.proto`);
  const generated = join(root, 'src', part, 'generated');
  generate(name, source, generated);
  copyFresh(join(generated, `${name}.js`), join(root, 'dist', part, 'generated', `${name}.js`));
}

function generate(name, source, folder) {
  const results = [join(folder, `${name}.js`), join(folder, `${name}.d.ts`)];
  const inputs = [source, cli, fileURLToPath(import.meta.url)];
  if (results.every((result) => isFresh(result, inputs))) return;
  mkdirSync(folder, { recursive: true });
  // Written aside and renamed, so that a reader at the same time never sees half a file.
  const draft = join(folder, `draft-${process.pid}`);
  const pbjs = join(dirname(cli), 'bin', 'pbjs');
  execFileSync(process.execPath, [pbjs, ...OPTIONS, ...LEAN, '-r', `netweft.${name}`, '-o', `${draft}.js`, source], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  renameSync(`${draft}.d.ts`, join(folder, `${name}.d.ts`));
  renameSync(`${draft}.js`, join(folder, `${name}.js`));
}

function copyFresh(from, to) {
  if (isFresh(to, [from])) return;
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function isFresh(result, inputs) {
  if (!existsSync(result)) return false;
  const made = statSync(result).mtimeMs;
  return inputs.every((input) => statSync(input).mtimeMs <= made);
}

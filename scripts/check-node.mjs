// Whether a version of Node.js is one that package.json's `engines` asks for: ranges of ">=" and "<", with "||" between.
// Ends with status 0 or 1; prints the range. Runs on any Node. Usage: check-node.mjs [VERSION [RANGE]]
import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const [version = process.versions.node, range = manifest.engines.node] = process.argv.slice(2);

const numbers = (text) => text.split('.').map(Number);

function compare(left, right) {
  const [a, b] = [numbers(left), numbers(right)];
  return [0, 1, 2].map((index) => (a[index] || 0) - (b[index] || 0)).find((difference) => difference !== 0) || 0;
}

function holds(condition) {
  const parts = /^(>=|<)([\d.]+)$/.exec(condition);
  if (parts === null) throw new Error(`package.json: engines.node: ${condition} is not understood`);
  return parts[1] === '>=' ? compare(version, parts[2]) >= 0 : compare(version, parts[2]) < 0;
}

console.log(range);
process.exitCode = range.split('||').some((choice) => choice.trim().split(/\s+/).every(holds)) ? 0 : 1;

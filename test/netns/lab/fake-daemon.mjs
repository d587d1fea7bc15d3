// Stands for both daemons: answers the admin requests that the lab makes, with no network behind them.
// A host named "dies" ends at once; one named "stalls" never brings its port up.
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';

const option = (name) => process.argv[process.argv.indexOf(name) + 1];
const host = process.argv.includes('--host') ? option('--host') : 'mapper';

if (host === 'dies') {
  console.log('this daemon cannot live');
  process.exit(3);
}
const state = host === 'stalls' ? 'pending' : 'up';
const documents = {
  '/v1/status': { schema: 'netweft.agent-status/v1' },
  '/v1/apply': { schema: 'netweft.apply/v1', revision: 1, results: [] },
  '/v1/ports': { schema: 'netweft.ports/v1', ports: [{ name: 'p', state }] },
};
rmSync(option('--socket'), { force: true });
createServer((request, response) => response.end(JSON.stringify(documents[request.url]))).listen(option('--socket'));

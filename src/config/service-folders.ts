import { basename, join } from 'node:path';

/** Folders that systemd makes for a service (RuntimeDirectory=, StateDirectory=) and tells it by these variables. */
export type ServiceFolder = 'RUNTIME_DIRECTORY' | 'STATE_DIRECTORY';

export type Environment = Readonly<Record<string, string | undefined>>;

export const AGENT_SOCKET = '/run/netweft/agent.sock';
export const MAPPER_SOCKET = '/run/netweft/mapper.sock';
export const MAPPER_DATABASE = '/var/lib/netweft/mapper.db';

/** The file of that name in the folder of the service manager; `undefined` where it named none. */
export function inServiceFolder(environment: Environment, folder: ServiceFolder, usual: string): string | undefined {
  const [path = ''] = (environment[folder] ?? '').split(':');
  return path === '' ? undefined : join(path, basename(usual));
}

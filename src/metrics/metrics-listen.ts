import { type Endpoint, formatEndpoint, isInPrefix, parseEndpoint, type Prefix } from '../base/ipv4.ts';

/** Where metrics are served: a Unix socket, or a port of this machine alone. */
export type MetricsListen =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly endpoint: Endpoint };

/** What may be given, and why nothing else; for usage errors. */
export const METRICS_LISTEN_RULE =
  'unix:/PATH, or a loopback address with a port such as 127.0.0.1:9790: whoever reaches metrics may read them, so they are served to this machine alone';

export const LOOPBACK: Prefix = { address: 0x7f000000, length: 8 };
const UNIX = 'unix:';

/** `unix:/PATH` or `127.x.y.z:PORT`; undefined where METRICS_LISTEN_RULE is broken. */
export function parseMetricsListen(text: string): MetricsListen | undefined {
  if (text.startsWith(UNIX)) {
    const path = text.slice(UNIX.length);
    return path.startsWith('/') && !path.includes('\0') ? { kind: 'unix', path } : undefined;
  }
  const endpoint = text.includes(':') ? parseEndpoint(text, 0) : undefined;
  if (endpoint === undefined || endpoint.port === 0 || !isInPrefix(endpoint.address, LOOPBACK)) return undefined;
  return { kind: 'tcp', endpoint };
}

export function formatMetricsListen(listen: MetricsListen): string {
  return listen.kind === 'unix' ? `${UNIX}${listen.path}` : formatEndpoint(listen.endpoint);
}

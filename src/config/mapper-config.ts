/** The configuration file of the mapping daemon. */
import Type, { type Static } from 'typebox';
import { DEFAULT_CONTROL_PORT } from '../model/records.ts';
import { type ConfigDefinition, defineConfig } from './config-definition.ts';
import { endpoint, formatKey, integer, logKeys, metricsKey, path, section, socketPath } from './key-schemas.ts';
import { MAPPER_DATABASE, MAPPER_SOCKET } from './service-folders.ts';

/** Heartbeats that may be lost in a row before a host counts as silent. */
const MIN_HEARTBEATS_PER_SILENCE = 3;

const MapperSchema = Type.Object(
  {
    config: formatKey('netweft.mapper/v1'),
    listen: endpoint({
      title: 'where agents reach it, UDP',
      default: `0.0.0.0:${DEFAULT_CONTROL_PORT}`,
      'x-port': DEFAULT_CONTROL_PORT,
      'x-option': '--listen <address[:port]>',
    }),
    socket: socketPath({
      title: 'its admin socket',
      default: MAPPER_SOCKET,
      'x-folder': 'RUNTIME_DIRECTORY',
      'x-option': '--socket <path>',
    }),
    database: path({
      title: 'its SQLite file',
      default: MAPPER_DATABASE,
      'x-folder': 'STATE_DIRECTORY',
      'x-option': '--database <path>',
    }),
    metrics: metricsKey(),
    log: logKeys(),
    limits: section('what a cloud may have', {
      records: integer({
        title: 'records of the cloud; what would make more is refused',
        unit: 'records',
        minimum: 1,
        maximum: 50_000,
        default: 50_000,
        isReloadable: true,
      }),
      hosts: integer({
        title: 'agents registered at the same time; further ones are refused',
        unit: 'hosts',
        minimum: 1,
        maximum: 10_000,
        default: 10_000,
        isReloadable: true,
      }),
      heartbeatMs: integer({
        title: 'how often an agent says that it is alive',
        unit: 'milliseconds',
        minimum: 100,
        maximum: 60_000,
        default: 1_000,
        isReloadable: false,
      }),
      silenceMs: integer({
        title: 'how long an agent may be silent before its host counts as silent; at least three heartbeats',
        unit: 'milliseconds',
        minimum: 300,
        maximum: 600_000,
        default: 5_000,
        isReloadable: false,
      }),
    }),
  },
  { additionalProperties: false, title: 'Configuration of the Netweft mapping daemon' },
);

export type MapperConfig = Static<typeof MapperSchema>;

export const MAPPER_CONFIG: ConfigDefinition<MapperConfig> = defineConfig('mapper', MapperSchema, [
  {
    key: 'limits.silenceMs',
    message: ({ limits: { heartbeatMs, silenceMs } }) =>
      silenceMs < MIN_HEARTBEATS_PER_SILENCE * heartbeatMs
        ? `"limits.silenceMs" is ${silenceMs}, less than ${MIN_HEARTBEATS_PER_SILENCE} times "limits.heartbeatMs", ${heartbeatMs}`
        : undefined,
  },
]);

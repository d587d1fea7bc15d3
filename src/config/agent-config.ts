/** The configuration file of an agent. */
import Type, { type Static } from 'typebox';
import { DEFAULT_CONTROL_PORT, DEFAULT_UNDERLAY_PORT, NAME_PATTERN, NAME_RULE } from '../model/records.ts';
import { FRAMEWORK_NAMES } from '../wire/frameworks.ts';
import { type ConfigDefinition, defineConfig } from './config-definition.ts';
import { endpoint, formatKey, integer, logKeys, metricsKey, section, socketPath } from './key-schemas.ts';
import { AGENT_SOCKET } from './service-folders.ts';

/** Flow entries that a machine has memory for: some 150 bytes each. */
const MAX_FLOWS = 4_194_304;

const AgentSchema = Type.Object(
  {
    config: formatKey('netweft.agent/v1'),
    host: Type.String({
      pattern: NAME_PATTERN,
      title: "the name of the host's record",
      description: NAME_RULE,
      'x-reloadable': false,
      'x-option': '--host <name>',
    }),
    underlay: endpoint({
      title: "where it receives other hosts' packets, UDP; the `underlay` of the host's record",
      'x-port': DEFAULT_UNDERLAY_PORT,
      'x-option': '--underlay <address[:port]>',
    }),
    mapper: endpoint({
      title: 'the mapping daemon, UDP',
      'x-port': DEFAULT_CONTROL_PORT,
      'x-option': '--mapper <address[:port]>',
    }),
    socket: socketPath({
      title: 'its admin socket',
      default: AGENT_SOCKET,
      'x-folder': 'RUNTIME_DIRECTORY',
      'x-option': '--socket <path>',
    }),
    fastPath: Type.Enum(['reference'], {
      title: 'what repeats decisions',
      description: 'reference',
      default: 'reference',
      'x-reloadable': false,
      'x-option': '--fast-path <name>',
    }),
    frameworks: Type.Array(Type.Enum([...FRAMEWORK_NAMES], { description: `one of ${FRAMEWORK_NAMES.join(', ')}` }), {
      minItems: 1,
      uniqueItems: true,
      title: 'the wire versions that it offers, best first',
      description: `a list of some of ${FRAMEWORK_NAMES.join(', ')}, each once`,
      default: [...FRAMEWORK_NAMES],
      'x-reloadable': true,
      'x-option': '--frameworks <names>',
    }),
    metrics: metricsKey(),
    log: logKeys(),
    limits: section('what one guest may take from the others', {
      flows: integer({
        title: 'flows whose decision is kept',
        unit: 'flows',
        minimum: 64,
        maximum: MAX_FLOWS,
        default: 65_536,
        isReloadable: false,
      }),
      flowsPerPort: integer({
        title: 'the same of one port, or of one header that another host sends',
        unit: 'flows',
        minimum: 16,
        maximum: MAX_FLOWS,
        default: 16_384,
        isReloadable: false,
      }),
      lookups: section('new destinations that one port, or one host, may ask for', {
        perSecond: integer({
          title: 'new destinations that one port, or one host, may ask the mapping daemon for',
          unit: 'look-ups a second',
          minimum: 1,
          maximum: 100_000,
          default: 100,
          isReloadable: true,
        }),
        burst: integer({
          title: 'the same at once, after a pause',
          unit: 'look-ups',
          minimum: 1,
          maximum: 100_000,
          default: 200,
          isReloadable: true,
        }),
      }),
      replies: section('ICMP errors that one port gets back', {
        perSecond: integer({
          title: 'ICMP errors that one port gets back',
          unit: 'packets a second',
          minimum: 1,
          maximum: 100_000,
          default: 100,
          isReloadable: true,
        }),
        burst: integer({
          title: 'the same at once, after a pause',
          unit: 'packets',
          minimum: 1,
          maximum: 100_000,
          default: 50,
          isReloadable: true,
        }),
      }),
    }),
  },
  { additionalProperties: false, title: 'Configuration of a Netweft agent' },
);

export type AgentConfig = Static<typeof AgentSchema>;

export const AGENT_CONFIG: ConfigDefinition<AgentConfig> = defineConfig('agent', AgentSchema, [
  {
    key: 'limits.flowsPerPort',
    message: ({ limits: { flows, flowsPerPort } }) =>
      flowsPerPort > flows ? `"limits.flowsPerPort" is ${flowsPerPort}, more than "limits.flows", ${flows}` : undefined,
  },
]);

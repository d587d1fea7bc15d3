import type { TestLab } from './test-lab.ts';

/** A counter of the kernel in a daemon's namespace by protocol and name, as in `Udp.InCsumErrors`. */
export async function kernelCounter(lab: TestLab, daemon: string, counter: string): Promise<number> {
  const { out } = await lab.run('nsenter', `--net=/run/netns/${lab.hostNamespace(daemon)}`, 'cat', '/proc/net/snmp');
  const [protocol = '', name = ''] = counter.split('.');
  const [names = '', values = ''] = out.split('\n').filter((line) => line.startsWith(`${protocol}: `));
  const value = values.split(' ')[names.split(' ').indexOf(name)];
  if (value === undefined) throw new Error(`the kernel has no counter ${counter}`);
  return Number(value);
}

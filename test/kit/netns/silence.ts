import { DEVICE } from './test-cloud.ts';
import type { TestLab } from './test-lab.ts';

/**
 * Takes a guest's kernel out of the play, so that it answers nothing: without an address nothing is for it, and a
 * route leads every packet to the device.
 */
export async function silence(lab: TestLab, namespace: string): Promise<void> {
  await lab.ip(namespace, 'address', 'flush', 'dev', DEVICE);
  await lab.ip(namespace, 'route', 'add', 'default', 'dev', DEVICE);
}

import type { Cli } from './cli.ts';

/**
 * From now on SIGHUP does not end this process, as it does one that has not said otherwise. Signals before a daemon
 * wants to be told are told to it then, as one; those after it no longer wants to be told are ignored.
 */
export function catchReloads(): Cli['onReloadSignal'] {
  let isAsked = false;
  let tell = () => {
    isAsked = true;
  };
  process.on('SIGHUP', () => tell());
  return (reload) => {
    tell = reload;
    if (isAsked) reload();
    return () => {
      tell = () => {};
    };
  };
}

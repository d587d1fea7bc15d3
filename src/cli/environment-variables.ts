/** The variables that the program reads, with what they do, for the manual. */
export const ENVIRONMENT_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['WEFT_SOCKET', 'admin socket of the daemon that is asked where `--socket` names none'],
  ['RUNTIME_DIRECTORY', 'folder of the sockets instead of /run/netweft; systemd sets it for a service'],
  ['STATE_DIRECTORY', 'folder of the database instead of /var/lib/netweft; systemd sets it for a service'],
  ['NO_COLOR', 'any value but the empty one: no colours'],
  ['TERM', '`dumb`: no colours'],
]);

/** Those that mean something to every command; the others to those whose help names them. */
export const COMMON_VARIABLES: readonly string[] = ['NO_COLOR', 'TERM'];

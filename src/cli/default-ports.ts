/** The UDP ports of `model/records.ts`, whose schemas take too long to load for `weft --help`. */
export const UNDERLAY_PORT = 7790;
export const CONTROL_PORT = 7791;

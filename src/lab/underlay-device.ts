/** The device that joins a namespace to the bridge, as seen from inside. */
export const UNDERLAY_DEVICE = 'underlay';

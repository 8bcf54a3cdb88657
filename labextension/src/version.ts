import manifest from '../package.json';

/** The version of this half. */
export const VERSION: string = manifest.version;

/**
 * Part of the name of every lab, namespace and device that a test makes: `scripts/test` knows by it what is its own
 * run's to look for and to remove. At most nine lower-case letters and digits.
 */
export const RUN_MARK = process.env['WEFT_TEST_RUN'] ?? `p${process.pid.toString(36)}`;

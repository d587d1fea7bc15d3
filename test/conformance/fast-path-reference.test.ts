import { ReferenceFastPath } from '../../src/fastpath/reference/reference-fast-path.ts';
import { describeFastPath, type FastPathSizes } from './fast-path.ts';
import { describeLimits } from './fast-path-limits.ts';
import { describeWatch } from './fast-path-watch.ts';

const open = (sizes: FastPathSizes) => new ReferenceFastPath({ ...sizes, seed: 1 });

describeFastPath('reference', open);
describeLimits('reference', open);
describeWatch('reference', open);

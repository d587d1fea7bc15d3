import { ReferenceFastPath } from '../../src/fastpath/reference/reference-fast-path.ts';
import { describeFastPath } from './fast-path.ts';

describeFastPath('reference', (sizes) => new ReferenceFastPath({ ...sizes, seed: 1 }));

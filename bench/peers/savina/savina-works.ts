import type { Outcome, Tally } from '../../harness/bench-case.ts'
import { iterationsOf } from '../../harness/measure.ts'
import type { SavinaName, SavinaSize } from '../../savina/savina-sizes.ts'
import type { AskingKit } from '../local-kit.ts'
import { banking } from './banking.ts'
import { big } from './big.ts'
import { bndbuffer } from './bndbuffer.ts'
import { chameneos } from './chameneos.ts'
import { count } from './count.ts'
import { fjcreate } from './fjcreate.ts'
import { fjthrput } from './fjthrput.ts'
import { philosopher } from './philosopher.ts'
import { pingpong } from './pingpong.ts'
import { threadring } from './threadring.ts'

/** One iteration of each program. It stops the actors it made. */
type SavinaPrograms = { readonly [N in SavinaName]: <Ref>(kit: AskingKit<Ref>, size: SavinaSize<N>) => Promise<Tally> }

const programs: SavinaPrograms = {
  pingpong,
  count,
  fjthrput,
  fjcreate,
  threadring,
  chameneos,
  big,
  bndbuffer,
  philosopher,
  banking,
}

/** The ten programs for any library that fits the kit. */
export function savinaWorks<Ref>(kit: AskingKit<Ref>): {
  readonly [N in SavinaName]: (size: SavinaSize<N>) => Promise<Outcome>
} {
  const work = <N extends SavinaName>(name: N): ((size: SavinaSize<N>) => Promise<Outcome>) => {
    return (size) => iterationsOf(size.iterations, () => programs[name](kit, size))
  }
  return {
    pingpong: work('pingpong'),
    count: work('count'),
    fjthrput: work('fjthrput'),
    fjcreate: work('fjcreate'),
    threadring: work('threadring'),
    chameneos: work('chameneos'),
    big: work('big'),
    bndbuffer: work('bndbuffer'),
    philosopher: work('philosopher'),
    banking: work('banking'),
  }
}

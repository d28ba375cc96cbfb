import { MemoryOutbox } from '#actors/reliable/memory-outbox'
import { describeOutboxContract } from '../../contract/outbox.contract.ts'

describeOutboxContract({ name: 'MemoryOutbox', makeOutbox: async (limits) => new MemoryOutbox(limits) })

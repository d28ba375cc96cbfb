export type {
  ClientStatistics,
  DuplexClient,
  ReceiverClient,
  SenderClient,
} from './broadcast/broadcast-client.actor.ts'
export type { ValueReceiver } from './broadcast/broadcast-link.actor.ts'
export type {
  BroadcastOverflow,
  ClientOptions,
  ReceivingOptions,
  SendingOptions,
  ServerOptions,
} from './broadcast/broadcast-options.ts'
export type {
  BroadcastStatistics,
  ConnectedClient,
  DuplexServer,
  ReceiverServer,
  SenderServer,
  ValueServer,
} from './broadcast/broadcast-server.actor.ts'
export {
  type DatagramReceiverOptions,
  type DatagramReceiverProtocol,
  type DatagramReceiverStatistics,
  type DatagramTarget,
  receiveDatagrams,
} from './broadcast/datagram-receiver.actor.ts'
export {
  type DatagramSenderProtocol,
  type DatagramSenderStatistics,
  sendDatagrams,
} from './broadcast/datagram-sender.actor.ts'
export {
  DATAGRAM_HEADER_BYTES,
  DATAGRAM_MESSAGE_BYTES_MAX,
  DatagramSequence,
  datagramMessage,
  datagramSenderId,
  datagramSequence,
} from './broadcast/datagram-sequence.ts'
export type { Received } from './broadcast/intake.ts'
export { type Arrival, LOSS_WINDOW, LossCounter, type LossCounts } from './broadcast/loss-counter.ts'
export {
  type DuplexClientOptions,
  dialDuplex,
  dialSender,
  type ReceiverClientOptions,
  receiveBroadcast,
  type SenderClientOptions,
} from './broadcast/receive.ts'
export type { SendAnswer, SendRefusal } from './broadcast/send-answer.ts'
export { SenderLosses, type SenderLossesOptions } from './broadcast/sender-losses.ts'
export {
  type BroadcastServerOptions,
  type DuplexServerOptions,
  type ReceiverServerOptions,
  serveBroadcast,
  serveDuplex,
  serveReceiver,
} from './broadcast/serve.ts'
export { type ValueSource, type ValuesOptions, values } from './broadcast/values.ts'
export { dialWebSocket, type WebSocketClientProtocol } from './broadcast/websocket-client.actor.ts'
export {
  serveWebSocket,
  type WebSocketServerOptions,
  type WebSocketServerProtocol,
  type WebSocketServerStatistics,
} from './broadcast/websocket-server.actor.ts'
export type { BrokerLinkOptions, BrokerProtocol } from './broker/broker.actor.ts'
export {
  type BrokerClientObserver,
  type BrokerClientProtocol,
  type ConnectBrokerOptions,
  connectBroker,
} from './broker/broker-client.actor.ts'
export {
  type BrokerMessageKind,
  brokerDataOffset,
  brokerHeaderBytes,
  brokerMessageKind,
  brokerTopic,
  turnIntoDeliver,
  writeDeliverHeader,
  writePublishHeader,
} from './broker/broker-header.ts'
export type { BrokerStatistics } from './broker/broker-hub.ts'
export { BrokerCodec, type BrokerMessage, type BrokerRefusal } from './broker/broker-message.ts'
export {
  type BrokerOptions,
  type FullQueue,
  type ResolvedBrokerOptions,
  type ResolvedTopic,
  resolveBrokerOptions,
  type SlowSubscriber,
  type TopicLimits,
  type TopicOptions,
  type TopicRouting,
} from './broker/broker-options.ts'
export type { BrokerSubscriber } from './broker/broker-outlet.ts'
export type { BrokerClientStatistics } from './broker/client-session.ts'
export { type ServeBrokerOptions, serveBroker } from './broker/serve-broker.ts'
export type { Route, TopicCounts, TopicStatistics } from './broker/topic.ts'
export { encodeTopic, TOPIC_BYTES_MAX } from './broker/topic-name.ts'
export { TopicTable, type TopicTableHooks } from './broker/topic-table.ts'
export type { ChaosProtocol } from './chaos/chaos.actor.ts'
export {
  type ChaosConfig,
  type ChaosDirection,
  chaosDefaults,
  type ResolvedChaosConfig,
  resolveChaosConfig,
} from './chaos/chaos-config.ts'
export type { ChaosCounts } from './chaos/chaos-counts.ts'
export type { ChaosStatistics } from './chaos/chaos-hub.ts'
export type { ChaosOptions } from './chaos/chaos-options.ts'
export { type ChaosAnswer, ChaosSchedule, type ChaosScheduleOptions, type Deliver } from './chaos/chaos-schedule.ts'
export { formatChaos, parseChaos } from './chaos/chaos-text.ts'
export { spawnChaos } from './chaos/spawn-chaos.ts'
export { CachedClock, type CachedClockOptions } from './clock/cached-clock.ts'
export type { EpochClock, TimeSources } from './clock/epoch-clock.ts'
export { MonotonicClock } from './clock/monotonic-clock.ts'
export { SystemClock } from './clock/system-clock.ts'
export type { Codec } from './codec/codec.ts'
export { type CodecModule, type CodecSpec, loadCodec } from './codec/codec-spec.ts'
export { deli } from './codec/deli.ts'
export { DeliCodec, type DeliCodecOptions } from './codec/deli-codec.ts'
export { DELI_EMPTY_ELEMENTS_MAX, DeliReader } from './codec/deli-reader.ts'
export type { DeliSchema, Infer } from './codec/deli-schema.ts'
export { JsonCodec } from './codec/json-codec.ts'
export { MESSAGE_PACK_DEPTH_MAX } from './codec/message-pack-check.ts'
export { MessagePackCodec } from './codec/message-pack-codec.ts'
export { RawCodec } from './codec/raw-codec.ts'
export { Connection, type ConnectionProtocol, type ConnectionReceiver } from './connection/connection.actor.ts'
export type { ConnectionHostProtocol } from './connection/connection-host.actor.ts'
export type { ConnectionInfo } from './connection/connection-info.ts'
export type { ConnectionManagerProtocol } from './connection/connection-manager.actor.ts'
export type { PoolProtocol, PoolStatistics } from './connection/connection-pool.actor.ts'
export {
  type Endpoint,
  type EndpointOptions,
  formatEndpoint,
  isMulticast,
  resolveEndpoint,
  SOCKET_MODE_DEFAULT,
  type TcpEndpoint,
  type TlsEndpoint,
  type TlsVersion,
  type UdpEndpoint,
  type UnixEndpoint,
} from './connection/endpoint.ts'
export { encodeFrame, type Framing } from './connection/framing.ts'
export { type FramingModule, type FramingSpec, loadFraming, makeFraming } from './connection/framing-spec.ts'
export { HeaderFraming, type HeaderFramingOptions } from './connection/header-framing.ts'
export {
  type ConnectionBehavior,
  type ConnectionDefinition,
  implementConnection,
  type LinkProtocol,
} from './connection/implement-connection.ts'
export { type LengthPrefix, LengthPrefixFraming, type LengthPrefixOptions } from './connection/length-prefix-framing.ts'
export { LineFraming, type LineFramingOptions } from './connection/line-framing.ts'
export type { Link, LinkStatistics } from './connection/link.ts'
export type { LinkOptions, LinkOverflow } from './connection/link-options.ts'
export type { LinkSendResult } from './connection/link-writer.ts'
export { connectionPool, type DialOptions, dial, listen, manageConnections, type Spawner } from './connection/listen.ts'
export type { ListenerProtocol, ListenerStatistics } from './connection/listener.actor.ts'
export type { ListenerObserver, ListenerOptions, Spread } from './connection/listener-options.ts'
export { MESSAGE_BYTES_MAX } from './connection/message-limit.ts'
export { addCounts, equalCounts, largerCounts, type PacketCounts, totalCount } from './connection/packet-counts.ts'
export {
  PACKET_HEADER_BYTES,
  PACKET_PAYLOAD_BYTES_MAX,
  PacketFraming,
  packetTypeName,
} from './connection/packet-framing.ts'
export type { PoolOptions } from './connection/pool-options.ts'
export { RawFraming } from './connection/raw-framing.ts'
export { ReconnectDelay, type ReconnectDelayOptions } from './connection/reconnect-delay.ts'
export { socketPath, socketPathBytesMax } from './connection/socket-path.ts'
export {
  encodeTlv,
  TLV_HEADER_BYTES,
  TLV_PAYLOAD_BYTES_MAX,
  TlvFraming,
  type TlvFramingOptions,
  tlvPayload,
  tlvType,
  writeTlvHeader,
} from './connection/tlv-framing.ts'
export { VarintFraming, type VarintFramingOptions } from './connection/varint-framing.ts'
export {
  decodeFirmware,
  encodeFirmware,
  encodeNotice,
  encodeState,
  type FirmwareNotice,
  type Notice,
  type StateNotice,
} from './device/cync/announcement.ts'
export {
  type BrightnessCommand,
  type CombinedCommand,
  type ControllerCommand,
  type CyncCommand,
  type CyncTarget,
  type FadeCommand,
  type LightShow,
  type LightShowCommand,
  type PowerCommand,
  type RelayCommand,
  type Repetition,
  type RgbCommand,
  repetitionOf,
  type WhiteCommand,
} from './device/cync/command.ts'
export { encodeCommand } from './device/cync/command-codec.ts'
export { CyncFraming, type CyncFramingOptions } from './device/cync/cync-framing.ts'
export type { CyncFrame, FrameDirection } from './device/cync/frame.ts'
export { cyncFrame, FRAME_DATA_BYTES_MAX, frameChecksum } from './device/cync/frame-codec.ts'
export {
  type FrameMeaning,
  firmwareFrame,
  frameMeaning,
  meshPageFrame,
  resultFrame,
  stateFrame,
} from './device/cync/frame-meaning.ts'
export { lightShows } from './device/cync/light-show.ts'
export { MESH_PAGE_RECORDS_MAX, type MeshPage, MeshPages, type MeshState } from './device/cync/mesh-page.ts'
export type {
  AppLogin,
  CloudEvent,
  CyncPacket,
  CyncPacketType,
  DeviceLogin,
  Disconnect,
  LoginReply,
  MalformedPacket,
  MeshRecord,
  OutletRecord,
  Ping,
  Pipe,
  PipeReply,
  PipeSyncReply,
  Pong,
  Probe,
  ProbeReply,
  ReplyOrigin,
  Sync,
  SyncEntry,
  SyncReply,
  Time,
  TimeRequest,
  UnknownPacket,
} from './device/cync/packet.ts'
export { type DecodedPacket, decodePacket } from './device/cync/packet-decoder.ts'
export { encodePacket, probeReplyFill } from './device/cync/packet-encoder.ts'
export { CYNC_HEADER_BYTES, CYNC_PAYLOAD_BYTES_MAX } from './device/cync/packet-header.ts'
export type { CyncProblem } from './device/cync/packet-payload.ts'
export { recordEntry } from './device/cync/sync-entries.ts'

export { type FleetDeviceState, fleetDeviceStates, type StateCounts } from './device/fleet/device-state.ts'
export type { FleetOptions } from './device/fleet/fleet-options.ts'
export type { DeviceFleetProtocol, FleetFilter, FleetList, FleetSummary } from './device/fleet/fleet-protocol.ts'
export type { PlatoonProtocol } from './device/fleet/platoon.actor.ts'
export type { DeviceStatus, FailureCount } from './device/fleet/platoon-report.ts'
export type {
  FleetOperation,
  RollDevice,
  RollOutcome,
  RollProgress,
  RollReport,
  RollRequest,
} from './device/fleet/rolling-operation.ts'
export { spawnFleet } from './device/fleet/spawn-fleet.ts'
export type { CommandRequest, CommandTarget } from './device/gateway/command-request.ts'
export type { AttemptRecord, CommandReason, CommandResult, CommandState } from './device/gateway/command-result.ts'
export type { ControllerProtocol } from './device/gateway/controller.actor.ts'
export type { DeviceState } from './device/gateway/device-report.ts'
export type { CyncGatewayProtocol } from './device/gateway/gateway.actor.ts'
export type { Authorize, ControllerInfo, CyncObserver, GatewayOptions } from './device/gateway/gateway-options.ts'
export type { GatewayStatistics } from './device/gateway/gateway-statistics.ts'
export type { Homes } from './device/gateway/homes.ts'
export type { LatencySummary } from './device/gateway/latency-histogram.ts'
export type { KnownDevice } from './device/gateway/mesh-states.ts'
export { type ServeCyncOptions, serveCync } from './device/gateway/serve-cync.ts'
export type { CommandOptions } from './device/gateway/service-options.ts'
export { DEVICE_CIPHERS } from './device/gateway/tls-endpoint.ts'
export type {
  ControllerProtocol as SimulatedControllerProtocol,
  ControllerStatistics,
} from './device/simulator/controller.actor.ts'
export type { ControllerOptions } from './device/simulator/controller-options.ts'
export {
  type DeviceChaos,
  type DeviceFaults,
  formatDeviceChaos,
  parseDeviceChaos,
} from './device/simulator/device-faults.ts'
export type { DeviceTally } from './device/simulator/device-tally.ts'
export { type FirmwareKind, firmwareKinds } from './device/simulator/firmware.ts'
export { COLOR_MODE_RGB, type LampChange, type LampState } from './device/simulator/lamp.ts'
export { type LatencyProfileName, latencyProfileNames } from './device/simulator/latency-profile.ts'
export { serveController, spawnController } from './device/simulator/spawn-controller.ts'
export {
  BoundedQueue,
  type BoundedQueueOptions,
  type MessagePriority,
  type QueueOffer,
  type QueuePolicy,
} from './reliable/bounded-queue.ts'
export { DedupCache, type DedupCacheOptions } from './reliable/dedup-cache.ts'
export { FileOutbox } from './reliable/file-outbox.ts'
export { MemoryOutbox } from './reliable/memory-outbox.ts'
export type { SendManyResult, SendOneOptions, SendOptions } from './reliable/message-feed.ts'
export {
  MESSAGE_ID_BYTES,
  type MessageIdSources,
  MessageIds,
  messageIdBytes,
  messageIdText,
} from './reliable/message-id.ts'
export type { Outbox, OutboxEntry } from './reliable/outbox.ts'
export type { FileOutboxOptions, OutboxLimits } from './reliable/outbox-options.ts'
export type { DamagedPlace, OutboxRecovery } from './reliable/outbox-recovery.ts'
export type { DeliveryResult } from './reliable/outgoing-message.ts'
export type {
  Refusal,
  ReliableBatch,
  ReliableBatchReceiver,
  ReliableMessage,
  ReliableReceiver,
} from './reliable/receiver-outlet.ts'
export {
  type DialReliableOptions,
  dialReliable,
  type ReliableClientProtocol,
  type ReliableClientStatistics,
} from './reliable/reliable-client.actor.ts'
export type { OutboxPlace } from './reliable/reliable-hosts.ts'
export type { ReliableLinkOptions } from './reliable/reliable-link.ts'
export {
  type AbandonReason,
  type AckOutcome,
  type DedupFigures,
  DeviceMetrics,
  type QueueType,
  ReliableMetrics,
  type ReliableMetricsOptions,
} from './reliable/reliable-metrics.ts'
export type { ReliableOptions } from './reliable/reliable-options.ts'
export {
  type ReliableServerProtocol,
  type ServedPeer,
  type ServeReliableOptions,
  serveReliable,
} from './reliable/reliable-server.actor.ts'
export type { SessionStatistics } from './reliable/reliable-session.ts'
export { type RetryOptions, RetryPolicy } from './reliable/retry-policy.ts'
export { parseRecordings, type Recording } from './replay/recording.ts'
export { loadRecordings } from './replay/recording-file.ts'

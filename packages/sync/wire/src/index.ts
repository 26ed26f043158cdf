export {
  isKnownAt,
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  PROTOCOL_WITH_MORE,
  protocolOfAgent,
  PROTOCOL_WITH_ROLLOUTS,
  PROTOCOL_WITH_SKETCHES,
  PROTOCOL_WITH_TRUST,
} from './protocol-version.ts'
export type { TrustNews } from './down/trust.ts'
export { MAX_FRAME_BYTES } from './frame.ts'
export { createFrameMemory } from './frame-memory.ts'
export type { FrameMemory } from './frame-memory.ts'
export {
  DEVICE_CERTIFICATE_PURPOSE,
  DeviceCertificateSchema,
  SignedDeviceCertificateSchema,
} from './device-certificate.ts'
export type { DeviceCertificate } from './device-certificate.ts'
export {
  DEVICE_ORDER_PURPOSE,
  DEVICE_RECEIPT_PURPOSE,
  DeviceOrderSchema,
  SignedDeviceOrderSchema,
  SignedDeviceReceiptSchema,
  verifyOrder,
} from './device-order.ts'
export type { DeviceOrder, DeviceReceipt } from './device-order.ts'
export { EPOCH_PURPOSE, EpochSuccessionSchema } from './epoch-succession.ts'
export type { EpochSuccession } from './epoch-succession.ts'
export { decodeUp, encodeUp } from './up.ts'
export type { Up } from './up.ts'
export type { Hello } from './up/hello.ts'
export { isVoidProved } from './up/void.ts'
export type { VoidEntry } from './up/void.ts'
export type { Offer, UploadPurpose } from './up/offer.ts'
export { MAX_PIECE_BYTES } from './up/piece.ts'
export type { Piece } from './up/piece.ts'
export type { PushBatch } from './up/push-batch.ts'
export { reportsKnownAt } from './up/report.ts'
export type { DeviceReport } from './up/report.ts'
export { decodeDown, encodeDown } from './down.ts'
export type { Down } from './down.ts'
export type { Have } from './down/have.ts'
export type { Ack, AckResult } from './down/ack.ts'
export type { Chunk } from './down/chunk.ts'
export type { Page } from './down/page.ts'
export type { Patch } from './down/patch.ts'
export type { FeedRow } from './feed-row.ts'
export type { Welcome } from './down/welcome.ts'
export {
  ConflictBodySchema,
  EntityBodySchema,
  FormBodySchema,
  isKindKnownAt,
  readFeedBody,
  ReleaseBodySchema,
  ReturnBodySchema,
  TaskBodySchema,
} from './feed-bodies.ts'
export type {
  ConflictBody,
  EntityBody,
  FeedBodies,
  FeedKind,
  FormBody,
  FormList,
  ReleaseBody,
  ReturnBody,
  RolloutBody,
  SubmissionBody,
  TaskBody,
} from './feed-bodies.ts'
export { isAttachmentName, MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS_EACH } from './packed-attachments.ts'
export { fromPushBatch, toPushBatch, verifyPushBatch, verifyPushBatchInTurns } from './push-columns.ts'
export { signHead, verifyHead } from './push-head.ts'
export type { PushHead } from './push-head.ts'
export { pageChecksum } from './page-checksum.ts'
export {
  decodeBlock,
  decodeManifest,
  encodeBlock,
  encodeManifest,
  MAX_BLOCK_BODY_BYTES,
  MAX_BLOCK_ROWS,
} from './rows/snapshot.ts'
export { fillBatch } from './fill-batch.ts'
export type { FilledBatch } from './fill-batch.ts'
export { createPushLane } from './lanes/push-lane.ts'
export type { PushAction, PushLane } from './lanes/push-lane.ts'
export { pushTable } from './lanes/push-table.ts'
export { createPullLane } from './lanes/pull-lane.ts'
export type { PullAction, PullLane } from './lanes/pull-lane.ts'
export { pullTable } from './lanes/pull-table.ts'
export { createDownload } from './lanes/download.ts'
export type { Download, DownloadAction } from './lanes/download.ts'
export { createUploadLane } from './lanes/upload-lane.ts'
export type { UploadAction, UploadFile, UploadLane } from './lanes/upload-lane.ts'
export type { FileUse } from './send/file-use.ts'
export { priorityOf } from './send/priority-of.ts'
export { createSendQueue } from './send/send-queue.ts'
export { createReadingWindow } from './send/reading-window.ts'
export { BUNDLE_PURPOSE, readHeader } from './bundle/bundle-header.ts'
export type { BundleHeader, ReadHeader } from './bundle/bundle-header.ts'
export { FRAME_RECORD, JSON_RECORD, MAX_RECORD_BYTES } from './bundle/bundle-records.ts'
export type { BundleRecord, ReadRecord } from './bundle/bundle-records.ts'
export { openBundle, writeBundle } from './bundle/work-bundle.ts'
export type { BundleFacts, WrittenBundle } from './bundle/work-bundle.ts'

/** What can go wrong between a device and a collector; part of the catalogue in `codes.ts`. */
export const syncCodes = {
  'wire.malformed': {
    what: 'A message cannot be understood.',
    mend: 'Update the agent or the collector; the message was not stored and will be sent again.',
    http: 400,
  },
  'wire.frame-too-large': {
    what: 'One frame carries more bytes than the receiver accepts.',
    mend: 'The agent halves the batch and tries again; no action is needed.',
    http: 413,
  },
  'wire.update-required': {
    what: 'The other side speaks a newer protocol.',
    mend: 'Please update Murram. What is queued stays queued and is still accepted.',
    http: 426,
  },
  'wire.update-advised': {
    what: 'The collector speaks a newer version than this agent.',
    mend: 'Update the agent when you can. What is finished is sent meanwhile as before; new forms and models may wait for it.',
    http: 426,
  },
  'wire.unexpected': {
    what: 'A message came at a time when it has no meaning.',
    mend: 'The session is started again; nothing is lost.',
    http: 400,
  },
  'sync.not-enrolled': {
    what: 'This device is not enrolled in this project.',
    mend: 'Ask the central team for an enrolment token and run `murram agent enroll`.',
    http: 401,
  },
  'sync.bad-signature': {
    what: 'A signature does not fit what it signs.',
    mend: 'Enrol the device again; if it happens twice, tell the central team.',
    http: 401,
  },
  'sync.device-revoked': {
    what: 'This device was revoked.',
    mend: 'Speak to the central team. Unsent work is kept.',
    http: 403,
  },
  'device.order-ignored': {
    what: 'The order is not for this device, or it was obeyed already.',
    mend: 'Nothing was removed. Give the order again from the list of devices at the centre.',
    http: 409,
  },
  'device.locked': {
    what: 'This device has left the project: what it holds is no longer shown.',
    mend: 'Stay connected until what is unsent has been sent. If this is a mistake, ask the central team to take it back.',
    http: 423,
  },
  'device.purged': {
    what: 'What this device held was removed, as the central team ordered.',
    mend: 'Ask the central team for a new enrolment token, and enrol into an empty folder.',
    http: 410,
  },
  'device.confirm-missing': {
    what: 'Work that this device has not sent yet would die with its key.',
    mend: "Repeat the officer's name as it stands in the list of devices, to confirm it.",
    http: 422,
  },
  'device.quarantined': {
    what: 'This came from a device that has left the project.',
    mend: 'It is stored. Somebody at the centre looks at it and accepts it.',
    http: 409,
  },
  'sync.replaced': {
    what: 'The same device has opened a newer session.',
    mend: 'No action is needed. If it goes on, two copies of one data folder are running: stop one of them.',
    http: 409,
  },
  'sync.view-changed': {
    what: 'The central team changed what this device may see.',
    mend: 'The session is started again; no action is needed.',
    http: 409,
  },
  'sync.forked-store': {
    what: 'This store was copied: the same number was sent with other content.',
    mend: 'The agent takes a new store id and queues the work again; no action is needed.',
    http: 409,
  },
  'sync.unknown-form': {
    what: 'A submission names a form that was never published here.',
    mend: 'Publish the form; the device keeps the submission and sends it again.',
    http: 409,
  },
  'sync.instance-exists': {
    what: 'Another submission with this instance id is stored, with other content.',
    mend: 'It is kept and held; say which of the two is meant by correcting it.',
    http: 409,
  },
  'fold.held': {
    what: 'A submission is stored, but could not be merged.',
    mend: 'It is held and nothing is lost; the central team reads the reason and folds it again.',
    http: 500,
  },
  'fold.waiting': {
    what: 'A submission is stored and waits for the one that it corrects, or for the household that it updates.',
    mend: 'It is folded when that one arrives; where it never does, after a while without it.',
    http: 409,
  },
  'fold.without-parent': {
    what: 'A submission was folded without what it corrects or updates, which never arrived.',
    mend: 'Look whether a laptop still holds it; when it is sent, both are folded as they belong.',
    http: 409,
  },
  'fold.not-author': {
    what: 'A submission changes what another officer wrote; it is stored and waits for a reviewer.',
    mend: 'Approve it to fold it, or return it to its author.',
    http: 403,
  },
  'fold.deferred': {
    what: 'A submission answers questions that its published form version does not have.',
    mend: 'It is kept and tried again after an upgrade; approve it to fold what is known of it.',
    http: 409,
  },
  'review.overtaken': {
    what: 'Somebody else reviewed this submission in the meantime.',
    mend: 'Look at what they said, and decide again.',
    http: 409,
  },
  'sync.digest-mismatch': {
    what: 'A submission does not have the digest it was sent with.',
    mend: 'It is sent again; if it happens twice, run the store check on the device.',
    http: 422,
  },
  'sync.epoch-behind': {
    what: 'An earlier life of the collector’s database answers than this device has met.',
    mend: 'Tell the central team: the collector is to be started with --accept-restore. Unsent work is kept.',
    http: 409,
  },
  'sync.unreachable': {
    what: 'The collector cannot be reached.',
    mend: 'Nothing is lost: the work is queued and sent when a link appears.',
    http: 503,
  },
  'sync.checksum': {
    what: 'A page of changes or an answer was damaged on the way.',
    mend: 'It is asked for again; no action is needed.',
    http: 502,
  },
  'sync.not-awaited': {
    what: 'Nobody awaits this file: no submission of this device names it.',
    mend: 'The device offers it again after its submission has arrived; no action is needed.',
    http: 409,
  },
  'sync.upload-limit': {
    what: 'This device has as many unfinished files at the collector as it may have.',
    mend: 'The files that were begun go on first; no action is needed.',
    http: 429,
  },
  'sync.attachment-spoilt': {
    what: 'A file arrived several times with other bytes than its submission names.',
    mend: 'Look at the file on the device: if it opens, tell the central team; if not, take it again as a correction.',
    http: 422,
  },
  'attachment.too-large': {
    what: 'A file is larger than one may be.',
    mend: 'Take the photo or the recording again with less detail, or a shorter one.',
    http: 413,
  },
  'attachment.no-room': {
    what: 'The files of this device take up the room that they may take.',
    mend: 'Find a link and let the queue go out; files that have arrived make room.',
    http: 507,
  },
  'attachment.unexpected': {
    what: 'This question takes no file, or not a file of this kind.',
    mend: 'Answer it as it is asked, or choose a file of the kind that the form names.',
    http: 415,
  },
  'attachment.awaited': {
    what: 'The file is still on its way from the device that took it.',
    mend: 'Wait until the device has a link; the submission shows how much of it has arrived.',
    http: 409,
  },
  'attachment.not-here': {
    what: 'The bytes of this file are not on this device.',
    mend: 'Take it again, or look at it at the centre, where it may have arrived.',
    http: 404,
  },
  'sync.insecure-address': {
    what: 'The address is not encrypted and leads off this machine.',
    mend: 'Use https:// or wss://; plain addresses are for this machine alone.',
    http: 400,
  },
} as const satisfies Record<string, { readonly what: string; readonly mend: string; readonly http: number }>

/**
 * The desktop shell: one window on the officer's page, a tray icon, a start at login. It
 * decides nothing: the agent runs in a process of its own (`agent-house.main.ts`), so that no
 * screen stalls, and the page is the one that a browser would show.
 *
 *   shell ── fork ──► agent house ── page address ──► window
 *     ▲ safeStorage        │ protect / reveal
 *     └────────────────────┘
 *
 * Not here: packaging, and a dialog for the enrolment (see `agent-house.main.ts`).
 */
import { app, BrowserWindow, Menu, nativeImage, safeStorage, shell, Tray, utilityProcess } from 'electron'
import { join } from 'node:path'
import type { FromHouse, ToHouse } from './house-messages.ts'

/** One officer profile a folder; `MURRAM_DATA` names another one. */
const dataDir = process.env.MURRAM_DATA ?? join(app.getPath('userData'), 'officer')
const house = join(import.meta.dirname, 'agent-house.main.ts')

if (!app.requestSingleInstanceLock()) app.quit()
else void app.whenReady().then(open)

async function open(): Promise<void> {
  const refusal = secretStoreRefusal()
  if (refusal !== null) return showMessage(refusal)
  app.setLoginItemSettings({ openAtLogin: true })
  const window = new BrowserWindow({
    width: 1200,
    height: 820,
    title: 'Murram',
    show: false,
    // The page is the agent's own and gets no more rights than in a browser.
    webPreferences: { contextIsolation: true, sandbox: true, nodeIntegration: false },
  })
  window.webContents.setWindowOpenHandler(({ url }) => {
    void shell.openExternal(url)
    return { action: 'deny' }
  })
  window.once('ready-to-show', () => window.show())
  startHouse(window)
  keepInTray(window)
  app.on('second-instance', () => window.show())
}

/** `basic_text` is a fixed password: worse than none, for it looks like one. */
function secretStoreRefusal(): string | null {
  if (!safeStorage.isEncryptionAvailable())
    return 'This system offers no secret store. Start its keyring, then Murram again.'
  const backend = process.platform === 'linux' ? safeStorage.getSelectedStorageBackend() : process.platform
  return backend === 'basic_text'
    ? 'The keyring of this system keeps secrets in the clear. Unlock or install a keyring first.'
    : null
}

function startHouse(window: BrowserWindow): void {
  const child = utilityProcess.fork(house, [dataDir], { serviceName: 'murram-agent' })
  const send = (message: ToHouse) => child.postMessage(message)
  child.on('message', (message: FromHouse) => {
    switch (message.kind) {
      case 'page':
        return void window.loadURL(message.url)
      case 'fault':
        return showMessage(message.text)
      case 'protect':
        return void safeStorage
          .encryptStringAsync(message.text)
          .then(bytes => send({ kind: 'answer', id: message.id, text: bytes.toString('base64') }))
      case 'reveal':
        return void safeStorage
          .decryptStringAsync(Buffer.from(message.text, 'base64'))
          .then(({ result }) => send({ kind: 'answer', id: message.id, text: result }))
    }
  })
  // The agent ended by itself: what was saved is on the disk, so it is simply started again.
  child.on('exit', code => {
    if (code !== 0) setTimeout(() => startHouse(window), 1_000)
  })
  app.on('before-quit', () => child.postMessage({ kind: 'close' } satisfies ToHouse))
}

/** Closing the window leaves the agent at work: links appear at odd hours. */
function keepInTray(window: BrowserWindow): void {
  let quitting = false
  app.on('before-quit', () => (quitting = true))
  window.on('close', event => {
    if (quitting) return
    event.preventDefault()
    window.hide()
  })
  const tray = new Tray(nativeImage.createFromPath(join(import.meta.dirname, '..', 'icon.png')))
  tray.setToolTip('Murram')
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: 'Open', click: () => window.show() },
      { label: 'Quit', click: () => app.quit() },
    ]),
  )
  tray.on('click', () => window.show())
}

function showMessage(text: string): void {
  const window = new BrowserWindow({ width: 560, height: 260, title: 'Murram' })
  void window.loadURL(
    `data:text/html;charset=utf-8,${encodeURIComponent(`<title>Murram</title><p style="font:16px system-ui;padding:2rem">${text}</p>`)}`,
  )
}

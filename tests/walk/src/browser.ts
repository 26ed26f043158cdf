/** The Chromium that is on the machine. None is downloaded. */
import { describeFault, fault } from '@murram/ground'
import { execFileSync } from 'node:child_process'
import { chromium, type Browser } from 'playwright-core'

export async function openBrowser(env: NodeJS.ProcessEnv = process.env): Promise<Browser> {
  const executablePath = env.CHROMIUM ?? onPath(env)
  if (executablePath === undefined) throw new Error(describeFault(fault('house.browser-missing')))
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
}

function onPath(env: NodeJS.ProcessEnv): string | undefined {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8', env }).trim()
    } catch {
      continue // the next name
    }
  }
  return undefined
}

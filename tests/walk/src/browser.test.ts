import { expect, test } from 'vitest'
import { openBrowser } from './browser.ts'

test('where no Chromium is found the message says how to get one', async () => {
  await expect(openBrowser({ PATH: '/nowhere' })).rejects.toThrow(
    /No Chromium was found\. Install it .*apt-get install chromium/,
  )
})

/**
 * Carry sealed work for colleagues on a hotspot, or hand one's own over.
 *
 *   murram agent carry --listen 0.0.0.0:7100 --data ./supervisor
 *   murram agent hand-over --to http://192.168.43.1:7100 --code 123456 --data ./laptop
 *
 * Exit: 0 done · 2 nothing could be done.
 */
import { openHeadless, type CarryNews } from '@murram/agent'
import { describeFault, fault } from '@murram/ground'
import { counted } from '../counted.ts'
import { print, sayFault, type ExitCode } from '../print.ts'
import { untilAsked } from '../until-asked.ts'
import { houseOf, type AgentOptions } from './agent.ts'

export async function agentCarry(options: AgentOptions & { readonly listen: string }): Promise<ExitCode> {
  const at = /^(\[?[\w.:-]+\]?):(\d{1,5})$/.exec(options.listen)
  const [host, port] = [at?.[1], Number(at?.[2] ?? Number.NaN)]
  if (host === undefined || !(port <= 65_535))
    return sayFault(fault('cli.usage', `--listen ${options.listen}: HOST:PORT, such as 0.0.0.0:7100`), options)
  const opened = await openHeadless(houseOf(options))
  if (!opened.ok) return sayFault(opened.error, options)
  const agent = opened.value
  try {
    const carrier = await agent.carry.listen({ host, port }, news => tell(news, options))
    if (!carrier.ok) return sayFault(carrier.error, options)
    const { urls, code, close } = carrier.value
    if (options.json === true) print.json({ ok: true, urls, code })
    else {
      for (const url of urls) print.line(`murram agent hand-over --to ${url} --code ${code}`)
      print.line('what comes is sealed: this laptop cannot read it. It goes to the centre whenever a link appears')
      print.line('Ctrl-C ends it; what is still here then goes with the next murram agent sync')
    }
    const started = agent.sync.start()
    if (!started.ok) print.note(started.error.fault)
    await untilAsked()
    await close()
    return 0
  } finally {
    await agent.close()
  }
}

function tell(news: CarryNews, { json }: AgentOptions): void {
  if (json === true) return print.json(news)
  if (news.kind === 'taken')
    return print.line(
      `from ${news.officer}: ${news.isCopy ? 'a sealed copy, kept here' : counted(news.submissions, 'interview')}`,
    )
  if (news.delivered > 0)
    print.line(`${counted(news.delivered, 'file')} delivered; the answers wait here for their laptops`)
  if (news.refused > 0)
    print.note(`${counted(news.refused, 'file')} refused by the centre: kept as .refused in the folder carried/out`)
  if (news.fault !== null) print.note(describeFault(news.fault))
}

export async function agentHandOver(
  options: AgentOptions & { readonly to: string; readonly code: string },
): Promise<ExitCode> {
  const opened = await openHeadless(houseOf(options))
  if (!opened.ok) return sayFault(opened.error, options)
  // Typed from another screen, mostly without it.
  const url = /^https?:\/\//.test(options.to) ? options.to : `http://${options.to}`
  try {
    const handed = await opened.value.carry.handOver({ url, code: options.code })
    if (!handed.ok) return sayFault(handed.error, options)
    const { officer, submissions, withCopy, answers } = handed.value
    if (options.json === true) print.json({ ok: true, ...handed.value })
    else {
      const receipted = answers.reduce((sum, answer) => sum + answer.receipted, 0)
      if (receipted > 0) print.line(`${counted(receipted, 'interview')} arrived at the centre`)
      if (submissions === 0)
        print.line(`nothing waits here any more${withCopy ? `; a sealed copy is with ${officer}` : ''}`)
      else {
        print.line(
          `${counted(submissions, 'interview')} now also with ${officer}${withCopy ? ', and a sealed copy' : ''}`,
        )
        print.line('they count as sent when the centre’s answer is here: run this again once it has been there')
      }
    }
    return 0
  } finally {
    await opened.value.close()
  }
}

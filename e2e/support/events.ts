import type { HostEvent } from '../../shared/contract.ts';

/** Takes a stream of server-sent events apart, until it ends or its reader hangs up. */
export async function readEvents(
  answer: Response,
  hear: (event: HostEvent) => void,
): Promise<void> {
  let text = '';
  try {
    for await (const part of answer.body ?? []) {
      text += Buffer.from(part).toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        if (data !== undefined) hear(JSON.parse(data) as HostEvent);
        text = text.slice(end + 2);
      }
    }
  } catch (error) {
    // The reader hung up.
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
  }
}

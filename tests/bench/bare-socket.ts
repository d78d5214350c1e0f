import { connect as connectSocket } from 'node:net';

/** A connection by hand, for one call after the other. */
export function openBare(path: string): Promise<{ ask(line: Buffer): Promise<string>; end(): void }> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path);
    let text = '';
    let answered: (line: string) => void = () => {};
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      const line = text;
      text = '';
      answered(line);
    });
    socket.once('error', reject);
    socket.once('connect', () =>
      resolve({
        ask: (line) =>
          new Promise((done) => {
            answered = done;
            socket.write(line);
          }),
        end: () => void socket.destroy(),
      }),
    );
  });
}

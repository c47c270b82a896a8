// Writes tar archives (POSIX ustar) that are the same, byte for byte, for the same content.

export interface Entry {
  readonly path: string;
  /** Absent for a folder. */
  readonly body?: Buffer;
  readonly mode?: number;
}

function header(entry: Entry): Buffer {
  const block = Buffer.alloc(512);
  const isFolder = entry.body === undefined;
  const octal = (value: number, at: number, length: number): void => {
    block.write(value.toString(8).padStart(length - 1, '0') + '\0', at, 'ascii');
  };
  if (entry.path.length > 99) throw new RangeError(`tar: path too long: ${entry.path}`);
  block.write(isFolder ? `${entry.path}/` : entry.path, 0, 'utf8');
  octal(entry.mode ?? (isFolder ? 0o755 : 0o644), 100, 8);
  octal(0, 108, 8); // owner: root
  octal(0, 116, 8);
  octal(entry.body?.length ?? 0, 124, 12);
  octal(0, 136, 12); // the epoch: a time of building would make each image another one
  block.write('        ', 148, 'ascii');
  block.write(isFolder ? '5' : '0', 156, 'ascii');
  block.write('ustar\x0000', 257, 'ascii');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(sum.toString(8).padStart(6, '0') + '\0 ', 148, 'ascii');
  return block;
}

export function tar(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const body = entry.body ?? Buffer.alloc(0);
    return [header(entry), body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

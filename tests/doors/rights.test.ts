import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Rights } from '../../daemon/handlers/rights.js';
import { Term } from '../../shared/term.js';

const segment = fc.constantFrom('*', 'a', 'b');
const grants = fc.array(
  fc.oneof(
    fc.tuple(segment, segment).map((segments) => `secret://${segments.join('/')}`),
    fc.constantFrom('vals:ref+echo://a', 'vals:ref+echo://b', 'auth://a/a/refresh_token', 'auth://a/a/*'),
  ),
  { maxLength: 6 },
);
const REFERENCES = [
  ...['secret://a/a', 'secret://a/b', 'secret://b/a', 'secret://b/b', 'secret://a'],
  ...['vals:ref+echo://a', 'vals:ref+echo://b', 'vals:ref+echo://*'],
  ...['auth://a/a/refresh_token', 'auth://a/a/token'],
];

test('what is narrowed again permits just what both lists do', () => {
  fc.assert(
    fc.property(grants, grants, (one, other) => {
      const both = new Rights(one);
      both.narrow(other);
      for (const reference of REFERENCES) {
        const expected = new Rights(one).permits(reference) && new Rights(other).permits(reference);
        expect([reference, both.permits(reference)]).toEqual([reference, expected]);
      }
    }),
  );
});

test('the same list once more changes nothing, even the longest one of grants that overlap', () => {
  const overlapping = Array.from({ length: 64 }, (_, index) => [
    `secret://*/${index}`,
    `secret://${index}/*`,
  ]);
  const rights = new Rights(overlapping.flat());
  rights.narrow(overlapping.flat());
  expect(rights.grants).toEqual(overlapping.flat());
});

test('nothing is granted once the time is over, and a longer one does not lengthen it', () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const rights = new Rights(['secret://a/*'], Term.ofMs(1000));
  rights.narrow(['secret://a/a'], Term.ofMs(5000));
  rights.narrow(['secret://a/a']);
  vi.advanceTimersByTime(999);
  expect([rights.permits('secret://a/a'), rights.grants]).toEqual([true, ['secret://a/a']]);
  vi.advanceTimersByTime(1);
  expect([rights.permits('secret://a/a'), rights.grants]).toEqual([false, []]);
  expect(rights.isNarrowed).toBe(true);
});

test('what is taken back is permitted no more, and what stays is, if nothing else narrowed it', () => {
  fc.assert(
    fc.property(grants, grants, grants, (granted, left, restricted) => {
      const stays = granted.filter((grant) => left.includes(grant));
      const rights = new Rights(granted);
      rights.keepOnly(stays);
      const narrowed = new Rights(granted);
      narrowed.narrow(restricted);
      narrowed.keepOnly(stays);
      for (const reference of REFERENCES) {
        const expected = new Rights(stays).permits(reference);
        expect([reference, rights.permits(reference)]).toEqual([reference, expected]);
        const both = expected && new Rights(restricted).permits(reference);
        expect([reference, narrowed.permits(reference)]).toEqual([reference, both]);
      }
      expect(rights.grants).toEqual([...new Set(stays)]);
    }),
  );
});

test('taking back never fails: of lists that have too much in common, what is covered in full stays', () => {
  const across = Array.from({ length: 100 }, (_, index) => `secret://${index}/*`);
  const down = Array.from({ length: 100 }, (_, index) => `secret://*/${index}`);
  const rights = new Rights([...across, 'secret://team/1']);
  rights.keepOnly(down);
  expect(rights.grants).toEqual(['secret://team/1']);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REDACTED, redactDocument, redactSecrets } from '../../../../src/cli/bugreport/redact-secrets.ts';

const numRuns = process.env['WEFT_FULL'] === '1' ? 20_000 : 500;

const WIREGUARD = 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=';
const HEX = 'c0ffee'.repeat(11);

describe('what is replaced in a text', () => {
  test.each([
    ['a key in base64', `private ${WIREGUARD} of x`, `private ${REDACTED} of x`],
    ['the same for URLs', `see ${WIREGUARD.replaceAll('+', '-')}, please`, `see ${REDACTED}, please`],
    ['hexadecimal digits', `seed=${HEX}.`, `seed=${REDACTED}.`],
    ['a fingerprint', `id ${'A1:'.repeat(31)}B2!`, `id ${REDACTED}!`],
    ['a PEM block', `a\n-----BEGIN EC KEY-----\nMHc\n-----END EC KEY-----\nb`, `a\n${REDACTED}\nb`],
    ['a PEM block in JSON', `"-----BEGIN X-----\\nMHc\\n-----END X-----\\n"`, `"${REDACTED}\\n"`],
    ['a PEM block that was cut', 'a -----BEGIN X-----\nMHc\nMHc', `a ${REDACTED}`],
    ['base64 in lines', `${'Ab3+'.repeat(16)}\nQUJD\nQQ==\nnext line`, `${REDACTED}\nnext line`],
    ['a field of a log', 'port=a30 password=hunter2 up=1', `port=a30 password=${REDACTED} up=1`],
    ['a quoted field of a log', 'apiKey="a \\"b\\" c" up=1', `apiKey=${REDACTED} up=1`],
    ['a setting', '  psk: correct horse battery', `  psk: ${REDACTED}`],
    ['a setting with spaces', 'client-secret = a b c\nup = 1', `client-secret = ${REDACTED}\nup = 1`],
    ['a setting in the next line', 'token:\n  abc\nnext', `token:\n  ${REDACTED}\nnext`],
    ['a member of JSON', '{"token":"a\\"b","up":1}', `{"token":"${REDACTED}","up":1}`],
    ['a number', '{"pass_code": 1234, "up": 1}', `{"pass_code": ${REDACTED}, "up": 1}`],
    ['a list', '{"keys":["a","b"],"up":1}', `{"keys":${REDACTED},"up":1}`],
    [
      'JSON in JSON',
      '{"error":"{\\"token\\":\\"abc\\"}","up":1}',
      `{"error":"{\\"token\\":\\"${REDACTED}\\"}","up":1}`,
    ],
    ['all of a word', '{"secret": {"a":1}bc, "up":1}', `{"secret": ${REDACTED}, "up":1}`],
    ['two of a line', '{"token":1,"secret":2}', `{"token":${REDACTED},"secret":${REDACTED}}`],
    ['one after a colon', 'error: password=abc', `error: password=${REDACTED}`],
    ['an option', 'weft --auth-token abc up', `weft --auth-token ${REDACTED} up`],
    ['a header', 'Authorization: Bearer abc', `Authorization: ${REDACTED}`],
    ['a bearer', 'sent Bearer abc to it', `sent Bearer ${REDACTED} to it`],
    ['a web token', 'got eyJhbGciOiJI.eyJzdWIi.c2ln, used', `got ${REDACTED}, used`],
    ['a short name', 'WEFT_PASS=abc --pass abc', `WEFT_PASS=${REDACTED} --pass ${REDACTED}`],
    ['a signed URL', 'https://x/y?sig=ab%2F&v=1', `https://x/y?sig=${REDACTED}`],
    ['16 bytes', `id ${'0a'.repeat(16)} of it`, `id ${REDACTED} of it`],
    ['a token of a code host', `with ghp_${'a1B2'.repeat(9)}.`, `with ${REDACTED}.`],
    ['a key of a cloud', 'AKIAIOSFODNN7EXAMPLE used', `${REDACTED} used`],
    ['who uses a URL', 'at https://me:pw@example.net/x', `at https://${REDACTED}@example.net/x`],
  ])('%s', (_, text, expected) => {
    expect(redactSecrets(text)).toBe(expected);
  });
});

describe('what stays', () => {
  test.each([
    'incarnation 4fd99284ab8a9b84 boot=00112233aabbccdd',
    'parse  pass  ICMP 10.1.2.30 > 10.1.2.50 echo request',
    'port-up port=a30 device=weft0 index=3 error="no /run/netns/blue"',
    'netweft_agent_control_request_duration_seconds_bucket{request="look-up",le="0.001"} 12',
    '/usr/local/lib/node_modules/netweft/dist/agent/slow-path.js',
    'a-tenant-with-the-longest-name-that-a-record-of-a-cloud-may-have',
    'incarnation 5b1f0c3e9a7d4420:12, boot 0123456789abcdef',
    'CapEff: 000001ffffffffff',
    '2026-11-20T10:00:00.123456789Z 198.18.0.1:7790 udp/2.0',
    'no daemon answers on /run/netweft/mapper.sock: ENOENT',
    '',
  ])('%s', (text) => {
    expect(redactSecrets(text)).toBe(text);
  });

  test('documents, but for what they call a secret', () => {
    const document = { name: 'x', keys: 3, hasKey: true, apiKey: null, spec: [{ secret: { a: 1 }, mtu: 1400 }] };
    expect(redactDocument(document)).toEqual({
      ...document,
      keys: REDACTED,
      spec: [{ secret: REDACTED, mtu: 1400 }],
    });
  });
});

/** Uniform, as keys are: else fast-check prefers small bytes. */
const key = fc.noBias(fc.uint8Array({ minLength: 32, maxLength: 96 })).map((bytes) => Buffer.from(bytes));
const encoded = fc
  .tuple(key, fc.constantFrom('base64', 'base64url', 'hex'))
  .map(([bytes, encoding]) => bytes.toString(encoding as BufferEncoding));
const pem = key.map((bytes) => `-----BEGIN PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END PRIVATE KEY-----\n`);
const word = fc.string({ unit: fc.constantFrom(...'abcXYZ0189!#%&*~^'.split('')), minLength: 4, maxLength: 12 });
const name = fc
  .tuple(
    fc.constantFrom('', 'db_', 'x-', 'my.', 'api'),
    fc.constantFrom('password', 'Secret', 'TOKEN', 'key', 'credentials'),
  )
  .map((parts) => parts.join(''));
const field = fc.tuple(name, fc.constantFrom('=', ': ', ' = ', '="', '": "')).map((parts) => parts.join(''));
/** Text around a secret: words, and what may confuse a pattern. */
const around = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom(
        'key',
        'token=',
        '"secret": ',
        '-----BEGIN',
        '-----',
        '\\"',
        '"',
        "'",
        '{',
        ']',
        '\n',
        '\\n',
        'eyJ',
        '://',
        'bearer ',
        REDACTED,
        'A'.repeat(50),
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

test('no key survives, whatever is around it', () => {
  fc.assert(
    fc.property(around, fc.oneof(encoded, pem), around, (before, secret, after) => {
      const left = redactSecrets(`${before}${secret}${after}`);
      expect(left).not.toContain(secret.trim());
      for (const line of secret.split('\n').filter((one) => one.length >= 43)) {
        expect(left).not.toContain(line.slice(0, 43));
        expect(left).not.toContain(line.slice(-43));
      }
    }),
    { numRuns },
  );
});

test('no value of a field with a telling name survives', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), field, word, (before, named, secret) => {
      const quote = named.endsWith('"') ? '"' : '';
      const left = redactSecrets(`${before.replaceAll(secret, '')}\n${named}${secret}${quote}\nup`);
      expect(left).not.toContain(secret);
      expect(left.endsWith('\nup')).toBe(true);
    }),
    { numRuns },
  );
});

test('what was redacted stays as it is', () => {
  const piece = fc.oneof(around, encoded, pem, field, word, fc.constant(' '));
  const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (given) => {
      const once = redactSecrets(given);
      expect(redactSecrets(once)).toBe(once);
    }),
    { numRuns },
  );
});

test('no secret survives in a document, at any depth', () => {
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      encoded.map((secret) => `MARK ${secret}`),
      fc.dictionary(name, word, { minKeys: 1, maxKeys: 2 }).map((fields) => ({ ...fields, up: true })),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom('spec', 'a30', 'counters'), encoded), tie('tree'), { maxKeys: 3 }),
      fc.double(),
    ),
  }));
  fc.assert(
    fc.property(tree, (document) => {
      const text = JSON.stringify(redactDocument(document));
      expect(text.match(/[A-Za-z0-9+/_-]{43,}/g)).toBeNull();
      for (const secret of namedValues(document)) expect(text).not.toContain(JSON.stringify(secret));
      expect(redactDocument(JSON.parse(text))).toEqual(JSON.parse(text));
    }),
    { numRuns },
  );
});

/** The texts right below names of secrets. */
function namedValues(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field_, inner]) =>
    /password|secret|token|key|credential/i.test(field_) && typeof inner === 'string' ? [inner] : namedValues(inner),
  );
}

test('long texts that lead patterns astray take no long time', () => {
  const size = 200_000;
  for (const unit of [
    'key',
    'token',
    '-----BEGIN ',
    '-eyJ',
    '\\',
    '"',
    'aa:',
    'A',
    '--key ',
    'a://',
    'key\n',
    'key:"',
  ]) {
    const left = redactSecrets(unit.repeat(size / unit.length));
    expect(redactSecrets(left)).toBe(left);
  }
});

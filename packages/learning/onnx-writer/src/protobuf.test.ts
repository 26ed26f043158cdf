import { expect, test } from 'vitest'
import { float, floats, integer, integers, message, string } from './protobuf.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('the wire forms are those of the protocol buffers encoding guide', () => {
  expect(hex(integer(1, 150))).toBe('089601')
  expect(hex(string(2, 'testing'))).toBe('120774657374696e67')
  expect(hex(message(3, [integer(1, 150)]))).toBe('1a03089601')
  expect(hex(integers(6, [3, 270, 86_942]))).toBe('3206038e029ea705')
  expect(hex(float(2, 1))).toBe('150000803f')
  expect(hex(floats(7, [1, -2]))).toBe('3a080000803f000000c0')
  expect(hex(integer(20, 1))).toBe('a00101')
})

test('numbers that do not fit are refused, not cut', () => {
  expect(() => integer(1, -1)).toThrow('varint')
  expect(() => integer(1, 2 ** 53)).toThrow('varint')
})

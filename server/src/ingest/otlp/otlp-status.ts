import { BYTES, eachField, ProtobufReader, VARINT } from '../protobuf-reader.ts'

/** gRPC's code for what nobody knows better. */
const UNKNOWN = 2

/** Reads the body of an error of OTLP over HTTP: gRPC's status message, in protocol buffers. */
export function readStatus(body: Uint8Array): { code: number; message: string } {
  const status = { code: UNKNOWN, message: '' }
  try {
    const reader = new ProtobufReader(body)
    eachField(reader, (field) => {
      if (field === 1 && reader.wire === VARINT) status.code = reader.varint()
      else if (field === 2 && reader.wire === BYTES) status.message = reader.text()
      else return false
      return true
    })
  } catch {
    // The fields read so far have to do.
  }
  return status
}

import ajvCompiler from '@fastify/ajv-compiler'
import serializerCompiler from '@fastify/fast-json-stringify-compiler'

/**
 * Fastify's own compilers, at work when a route is first asked. A server has some three hundred schemas, most of which a
 * day does not need, and compiling all of them was a quarter of the time to start.
 */
export function lateCompilers() {
  const validators = ajvCompiler()
  const serializers = serializerCompiler()
  return {
    buildValidator(...pool: Parameters<typeof validators>) {
      const compile = validators(...pool)
      return (...route: Parameters<typeof compile>) => lateValidator(() => compile(...route))
    },
    buildSerializer(...pool: Parameters<typeof serializers>) {
      const compile = serializers(...pool)
      return (...route: Parameters<typeof compile>) => {
        let serialize: ReturnType<typeof compile> | undefined
        return (reply: unknown) => {
          serialize ??= compile(...route)
          return serialize(reply)
        }
      }
    },
  }
}

type Validators = ReturnType<ReturnType<typeof ajvCompiler>>

function lateValidator(compile: () => ReturnType<Validators>): ReturnType<Validators> {
  let compiled: ReturnType<Validators> | undefined
  const validate = (data: unknown) => {
    compiled ??= compile()
    const result = compiled(data)
    // Fastify reads them from the function it called.
    Object.assign(validate, { errors: compiled.errors })
    return result
  }
  // Fastify calls it and reads its errors; the compiled schema is nobody else's.
  return validate as ReturnType<Validators>
}

/** Where runs are logged beside this house, and as whom: by the variables that MLflow's own clients read. */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'

export interface MlflowTarget {
  /** Without a slash at the end. */
  readonly baseUrl: string
  /** Of each request; `null` where the server asks for nothing. */
  readonly authorization: string | null
}

/** @returns `null` where `MLFLOW_TRACKING_URI` is not set; `mlflow.unusable` names the variable at fault. */
export function readMlflowTarget(
  env: Readonly<Record<string, string | undefined>>,
): Result<MlflowTarget | null, FaultOf<'mlflow.unusable'>> {
  const given = env['MLFLOW_TRACKING_URI']?.trim() ?? ''
  if (given === '') return ok(null)
  const unusable = (why: string) => err(fault('mlflow.unusable', `MLFLOW_TRACKING_URI ${why}`))
  if (!URL.canParse(given)) return unusable('is no address')
  const url = new URL(given)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return unusable(`is ${url.protocol}//…: runs are logged to a tracking server by http or https alone`)
  if (url.username !== '' || url.password !== '')
    return unusable('holds a password: use MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD')
  const baseUrl = `${url.origin}${url.pathname}`.replace(/\/+$/, '')
  return ok({ baseUrl, authorization: authorizationOf(env) })
}

/** Name and password go before a token, as in MLflow's clients. */
function authorizationOf(env: Readonly<Record<string, string | undefined>>): string | null {
  const { MLFLOW_TRACKING_USERNAME: user, MLFLOW_TRACKING_PASSWORD: password, MLFLOW_TRACKING_TOKEN: token } = env
  if (user && password) return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return token ? `Bearer ${token}` : null
}

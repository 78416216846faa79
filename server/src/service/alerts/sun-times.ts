import { DAY, MINUTE } from '../../store/database/timestamp.ts'

/** Degrees from the zenith at which the upper edge of the sun meets the horizon, with the usual refraction. */
const HORIZON = 90.833

/** Instants in milliseconds; `up` and `down` where the sun does not set, or rise, on that date. */
export type SunTimes = { sunrise: number; sunset: number } | 'up' | 'down'

/**
 * When the sun rises and sets on a date at a place, within a minute or so between the polar circles: the equations of
 * Jean Meeus, Astronomical Algorithms, chapters 25 and 28, in the form that NOAA's calculator uses.
 *
 * @param date midnight UTC of the date as calendars at the place have it
 */
export function sunTimes(date: number, latitude: number, longitude: number): SunTimes {
  const eventAt = (side: 1 | -1): number | 'up' | 'down' => {
    let minutes = 720 - 4 * longitude
    // The sun moves on between noon and the event; the second round is within a second of the third.
    for (let round = 0; round < 3; round++) {
      const { declination, equationOfTime } = sunAt(date + minutes * MINUTE)
      const angle = hourAngle(latitude, declination)
      if (typeof angle === 'string') return angle
      minutes = 720 - 4 * (longitude + side * angle) - equationOfTime
    }
    return date + minutes * MINUTE
  }
  const [sunrise, sunset] = [eventAt(1), eventAt(-1)]
  if (typeof sunrise === 'string') return sunrise
  if (typeof sunset === 'string') return sunset
  return { sunrise, sunset }
}

/** Degrees between noon and the event. */
function hourAngle(latitude: number, declination: number): number | 'up' | 'down' {
  const cosine =
    cos(HORIZON) / (cos(latitude) * cos(declination)) -
    (sin(latitude) * sin(declination)) / (cos(latitude) * cos(declination))
  if (cosine < -1) return 'up'
  if (cosine > 1) return 'down'
  return (Math.acos(cosine) * 180) / Math.PI
}

/** The sun's declination in degrees, and how many minutes sundials are ahead of clocks. */
function sunAt(instant: number): { declination: number; equationOfTime: number } {
  const days = instant / DAY + 2_440_587.5
  const centuries = (days - 2_451_545) / 36_525
  const longitude = 280.46646 + centuries * (36_000.76983 + centuries * 0.0003032)
  const anomaly = 357.52911 + centuries * (35_999.05029 - 0.0001537 * centuries)
  const eccentricity = 0.016708634 - centuries * (0.000042037 + 0.0000001267 * centuries)
  const centre =
    sin(anomaly) * (1.914602 - centuries * (0.004817 + 0.000014 * centuries)) +
    sin(2 * anomaly) * (0.019993 - 0.000101 * centuries) +
    sin(3 * anomaly) * 0.000289
  const node = 125.04 - 1934.136 * centuries
  const apparent = longitude + centre - 0.00569 - 0.00478 * sin(node)
  const seconds = 21.448 - centuries * (46.815 + centuries * (0.00059 - centuries * 0.001813))
  const obliquity = 23 + (26 + seconds / 60) / 60 + 0.00256 * cos(node)
  const declination = (Math.asin(sin(obliquity) * sin(apparent)) * 180) / Math.PI
  const y = Math.tan((obliquity * Math.PI) / 360) ** 2
  const radians =
    y * sin(2 * longitude) -
    2 * eccentricity * sin(anomaly) +
    4 * eccentricity * y * sin(anomaly) * cos(2 * longitude) -
    0.5 * y * y * sin(4 * longitude) -
    1.25 * eccentricity * eccentricity * sin(2 * anomaly)
  return { declination, equationOfTime: (4 * radians * 180) / Math.PI }
}

function sin(degrees: number): number {
  return Math.sin((degrees * Math.PI) / 180)
}

function cos(degrees: number): number {
  return Math.cos((degrees * Math.PI) / 180)
}

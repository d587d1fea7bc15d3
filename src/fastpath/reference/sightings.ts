import { isWatched, type Sighting, WATCH_NOTHING, type Watch } from '../watch.ts';

/** Collects what the watched packets of a call came to. */
export class Sightings {
  #watch: Watch = WATCH_NOTHING;
  #isOn = false;
  #seen: Sighting[] = [];

  setWatch(watch: Watch): void {
    this.#watch = watch;
    this.#isOn = watch.drops || watch.underlay || watch.ports.size > 0 || watch.flows.length > 0;
  }

  /** False while nothing is watched: then nothing needs to be made for `note`. */
  get isOn(): boolean {
    return this.#isOn;
  }

  note(arrival: Sighting['arrival'], verdict: Sighting['verdict'], output?: Sighting['output']): void {
    if (!this.#isOn) return;
    const sighting = { arrival, verdict, output };
    if (isWatched(this.#watch, sighting)) this.#seen.push(sighting);
  }

  take(): readonly Sighting[] {
    const seen = this.#seen;
    if (seen.length > 0) this.#seen = [];
    return seen;
  }
}

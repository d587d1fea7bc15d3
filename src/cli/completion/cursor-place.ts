import type { Argument, Command, Option } from 'commander';

/** What may stand at the cursor, and what the words before it say. */
export interface CursorPlace {
  readonly command: Command;
  /** The words of the command that are no options, nor their values. */
  readonly operands: readonly string[];
  /** The options that were given with their values, by their long name. */
  readonly given: ReadonlyMap<string, string>;
  /** The option or argument whose value stands there. */
  readonly value?: Option | Argument;
  /** Where options may stand there. */
  readonly isOptionPlace: boolean;
  /** What is kept of the word at the cursor, such as `--socket=`, and what is to be completed. */
  readonly kept: string;
  readonly begun: string;
}

/** `words` are those after `weft`; the last one stands at the cursor and may be empty. */
export function cursorPlace(program: Command, words: readonly string[]): CursorPlace {
  const walk = new Walk(program);
  for (const word of words.slice(0, -1)) walk.step(word);
  return walk.place(words.at(-1) ?? '');
}

/** Goes through a command line as commander does, without refusing anything. */
class Walk {
  #command: Command;
  #operands: string[] = [];
  readonly #given = new Map<string, string>();
  /** The option that waits for its value. */
  #open: Option | undefined;
  #isOptionsEnd = false;

  constructor(program: Command) {
    this.#command = program;
  }

  step(word: string): void {
    const waiting = this.#waiting(word);
    this.#open = undefined;
    if (waiting !== undefined) this.#give(waiting, word);
    else if (word === '--' && !this.#isOptionsEnd) this.#isOptionsEnd = true;
    else if (this.#isOption(word)) this.#stepOption(word);
    else this.#stepOperand(word);
  }

  place(word: string): CursorPlace {
    const { length: operands } = this.#operands;
    const at = { command: this.#command, operands: this.#operands, given: this.#given };
    const waiting = this.#waiting(word);
    if (waiting !== undefined) return { ...at, value: waiting, isOptionPlace: false, kept: '', begun: word };
    const assigned = this.#isOption(word) ? /^(--[^=]+=)(.*)$/s.exec(word) : null;
    if (assigned !== null) {
      const [, kept = '', begun = ''] = assigned;
      const option = this.#option(kept.slice(0, -1));
      return { ...at, ...(option && { value: option }), isOptionPlace: false, kept, begun };
    }
    const argument = this.#argument(operands);
    const isOptionPlace = !this.#isOptionsEnd && !this.#isPassed(operands);
    return { ...at, ...(argument && { value: argument }), isOptionPlace, kept: '', begun: word };
  }

  #stepOption(word: string): void {
    const [name = '', value] = word.split(/=(.*)/s, 2);
    const option = this.#option(name);
    if (option === undefined) return;
    this.#give(option, value ?? '');
    if (value === undefined && (option.required || option.optional)) this.#open = option;
  }

  #stepOperand(word: string): void {
    const inner = this.#operands.length === 0 && this.#command.commands.find((known) => known.name() === word);
    if (inner) this.#command = inner;
    else this.#operands.push(word);
  }

  /** The option whose value `word` is; one that may go without does not take an option for it. */
  #waiting(word: string): Option | undefined {
    return this.#open?.optional === true && word.startsWith('-') ? undefined : this.#open;
  }

  #give(option: Option, value: string): void {
    this.#given.set(option.long ?? option.flags, value);
  }

  #isOption(word: string): boolean {
    return word.startsWith('-') && word !== '-' && !this.#isOptionsEnd && !this.#isPassed(this.#operands.length);
  }

  /** Of `lab exec`: what follows its first operand belongs to another program. */
  #isPassed(operands: number): boolean {
    return operands > 0 && this.#argument(operands)?.variadic === true;
  }

  #option(name: string): Option | undefined {
    return this.#command.options.find((option) => option.long === name || option.short === name);
  }

  #argument(index: number): Argument | undefined {
    const known = this.#command.registeredArguments;
    const last = known.at(-1);
    return known[index] ?? (last?.variadic === true ? last : undefined);
  }
}

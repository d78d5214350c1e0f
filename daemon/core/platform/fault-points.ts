/** The moments at which a crash is told apart from every other, in the order in which they come. */
export const FAULT_POINTS = [
  'refresh.leased',
  'refresh.journaled',
  'refresh.answered',
  'refresh.committing',
  'refresh.rescued',
  'refresh.committed',
  'refresh.adopting',
  'sign_in.answered',
  'sign_in.committing',
  'sign_in.committed',
] as const;

/** The same for what is done to the whole vault. */
export const VAULT_FAULT_POINTS = [
  'rotate.wrapping',
  'rotate.wrapped',
  'rotate.resealing',
  'rotate.resealed',
  'rotate.retiring',
  'rotate.retired',
  'import.committing',
  'import.committed',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number] | (typeof VAULT_FAULT_POINTS)[number];

/** Called at each of them. Tests end the process there; everywhere else it does nothing. */
export type Reach = (point: FaultPoint) => void;

export const noFaults: Reach = () => {};

/** What can be done with an installed service. Each resolves once it is done, and throws `external` if it fails. */
export interface ServiceControl {
  /** Throws `external`, with what to do instead, if the manager of this user cannot be reached. */
  assertReachable(): Promise<void>;
  /** Has the manager read the files. */
  reread(): Promise<void>;
  /** Has the manager start the service at each login from now on. */
  enable(): Promise<void>;
  /** Undoes that, and stops the service. */
  disable(): Promise<void>;
  /** Has the manager see that the files are gone. */
  forget(): Promise<void>;
  isRunning(): Promise<boolean>;
  /** Resolves once the daemon is ready. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Until it is started again, or until the next login: no client starts it. */
  stop(): Promise<void>;
}

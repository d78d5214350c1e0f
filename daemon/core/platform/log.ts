/** What a log line is about: stable names to search for, each once. */
export type LogEvent =
  | 'daemon.ready'
  | 'daemon.stopping'
  | 'daemon.makes_way'
  | 'daemon.stays'
  | 'daemon.stopped'
  | 'daemon.fault'
  | 'presence.not_written'
  | 'socket.moved'
  | 'socket.gone'
  | 'service.not_told'
  | 'connection.accept_failed'
  | 'connection.holds_too_much'
  | 'connection.other_user'
  | 'call.failed'
  | 'rpc.failed'
  | 'hook.failed'
  | 'run.failed'
  | 'run.left_behind'
  | 'run.not_written'
  | 'run.transcript_not_written'
  | 'bot.failed'
  | 'startup.failed'
  | 'leftovers.failed'
  | 'asking.notice_failed'
  | 'usage.not_saved'
  | 'vault.key_in_file'
  | 'vault.key_differs'
  | 'audit.not_written'
  | 'audit.written_again'
  | 'audit.damaged'
  | 'keychain.item_not_deleted'
  | 'aws.not_cached'
  | 'account.damaged'
  | 'secret.damaged'
  | 'provider.damaged'
  | 'registered_client.damaged'
  | 'registered_client.kept'
  | 'discovery.failed'
  | 'id_token.foreign'
  | 'id_token.passed_over'
  | 'refresh.stored'
  | 'refresh.failed'
  | 'refresh.answer_in_file'
  | 'refresh.answer_in_memory'
  | 'refresh.answer_not_adopted'
  | 'refresh.answer_not_read'
  | 'scheduler.failed'
  | 'scheduler.not_refreshed'
  | 'trace';

/** Never a value of a credential, nor a message that may quote one. */
export interface LogFields {
  /** `service/account`. */
  readonly account?: string | undefined;
  readonly duration_ms?: number | undefined;
  /** The kind of the error. */
  readonly kind?: string | undefined;
  readonly [field: string]: string | number | boolean | null | undefined;
}

/** Where the daemon and the library say what happened. */
export interface Logger {
  trace(event: LogEvent, fields?: LogFields): void;
  debug(event: LogEvent, fields?: LogFields): void;
  info(event: LogEvent, fields?: LogFields): void;
  warn(event: LogEvent, fields?: LogFields): void;
  error(event: LogEvent, fields?: LogFields): void;
}

const nothing = (): void => {};

/** For programs that embed the library and did not ask for a log. */
export const silentLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

/** Why nothing could be shown. Its message goes into the log: never a text of a request, nor of another program. */
export class NoticeFailure extends Error {
  override readonly name = 'NoticeFailure';
}

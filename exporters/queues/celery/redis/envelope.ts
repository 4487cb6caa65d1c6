import { randomUUID } from 'node:crypto';
import { isRecord } from '../../../reports/is-record.js';
import { MessageError } from '../../errors.js';
import { CONTENT_TYPE, headersText, type Message, REPLY_TO, type Taken } from '../message.js';

/**
 * A message as an item of a Redis list: kombu's virtual transport. Each has a tag of its own, under
 * which a worker keeps it until it is done. Source: kombu's `kombu/transport/virtual/base.py`.
 */
export function envelopeOf(
  message: Message,
  queueName: string,
  tag: string = randomUUID(),
  replyTo = REPLY_TO,
): string {
  const body = Buffer.from(message.body, 'utf8').toString('base64');
  return (
    `{"body": "${body}", "content-encoding": "utf-8", "content-type": "${CONTENT_TYPE}", "headers": ${headersText(message)}, ` +
    `"properties": {"correlation_id": "${message.id}", "reply_to": "${replyTo}", "delivery_mode": 2, "delivery_info": {"exchange": "", ` +
    `"routing_key": ${JSON.stringify(queueName)}}, "priority": 0, "body_encoding": "base64", "delivery_tag": "${tag}"}}`
  );
}

/**
 * Opens an item of a Redis list.
 * @throws MessageError when it is not an envelope; `body` likewise, when it is looked at.
 */
export function openEnvelope(envelope: unknown): Taken {
  if (!isRecord(envelope) || !isRecord(envelope.properties))
    throw new MessageError('the text is not an envelope of a message');
  const { body, headers, 'content-type': contentType } = envelope;
  const { body_encoding: encoding } = envelope.properties;
  if (typeof body !== 'string') throw new MessageError('the message has no body');
  return {
    headers,
    contentType,
    get body() {
      return decode(body, encoding);
    },
  };
}

function decode(body: string, encoding: unknown): Buffer {
  if (encoding === undefined || encoding === null || encoding === 'utf-8')
    return Buffer.from(body, 'utf8');
  if (encoding !== 'base64' || !/^[A-Za-z0-9+/]*={0,2}$/.test(body))
    throw new MessageError('the body is not base64');
  return Buffer.from(body, 'base64');
}

import { connect } from 'sigilforge';

const sigilforge = await connect();
const { access_token } = await sigilforge.getToken({ service: 'demo', account: 'ada' });
process.stdout.write(`answered by: ${sigilforge.via}\ntoken: ${access_token}\n`);
await sigilforge.close();

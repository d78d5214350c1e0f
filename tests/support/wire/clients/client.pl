use strict;
use warnings;
use utf8;
use IO::Socket::UNIX;
use JSON::PP;

my ($path, $name) = @ARGV;
my $value = "é✓𝄞\n" x 20480;
my $json = JSON::PP->new->utf8;
my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!";

sub ask {
    $socket->print($json->encode($_[0]), "\n");
    return $json->decode(scalar $socket->getline);
}

sub call {
    my ($method, $params) = @_;
    return ask({ jsonrpc => '2.0', id => 1, method => $method, params => $params });
}

my $kept = call('set_secret', { key => "team/$name", value => $value, backend => undef });
print "secret $kept->{result}{backend}\n";
my $added = call('add_account', ['demo', $name, undef, 'api_key', undef, undef, { api_key => "key of $name" }]);
print "account $added->{result}{account}{account}\n";
print "vault ", call('status')->{result}{vault}{state}, "\n";

my $batch = ask([
    { jsonrpc => '2.0', id => 1, method => 'get_token', params => ['demo', $name] },
    { jsonrpc => '2.0', id => 2, method => 'get_secret', params => { key => "team/$name" } },
]);
my %results = map { $_->{id} => $_->{result} } @$batch;
print "batch $results{1}{access_token} ", $results{2}{value} eq $value ? 'whole' : 'changed', "\n";

my $data = call('get_token', { service => 'demo', account => 'nobody' })->{error}{data};
print "error $data->{kind} ", $data->{hint} ? 'with a hint' : 'without a hint', "\n";

my ($count, $pages, $cursor) = (0, 0, undef);
do {
    my $page = call('list_secrets', ['many/', $cursor])->{result};
    $count += @{ $page->{secrets} };
    $pages += 1;
    $cursor = $page->{cursor};
} while ($cursor);
print "listed $count ", $pages > 1 ? 'by pages' : 'at once', "\n";

#!/usr/bin/env perl
# Replaces names by pseudonyms. One JSON line comes in; JSON lines go out, the result last.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_hex);
use Encode qw(encode_utf8);
use JSON::PP;

$| = 1;
my $json = JSON::PP->new->utf8->canonical;
my $given = $json->decode(scalar <STDIN>);
my $names = $given->{args}{names};

my @said;
for my $name (@$names) {
    my $pseudonym = 'p-' . substr(hmac_sha256_hex(encode_utf8($name), $ENV{PEPPER}), 0, 12);
    push @said, $pseudonym;
    print $json->encode({ type => 'message', role => 'assistant', content => "One more is $pseudonym." }), "\n";
}

my $replaced = ($given->{context}{storage}{replaced} // 0) + @$names;
print $json->encode({ type => 'result', response => join(' ', @said), storage => { replaced => $replaced } }), "\n";

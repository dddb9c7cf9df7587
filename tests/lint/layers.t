#!/usr/bin/perl
# Who may include whom: DESIGN's layers, one foreign library per layer, and
# applets that meet only through sockets, spool and database.
use strict;
use warnings;
use File::Find;
use Test::More;

my %may = (
	base     => [qw(base)],
	crypto   => [qw(base crypto)],
	mail     => [qw(base crypto mail)],
	db       => [qw(base db)],
	net      => [qw(base crypto net)],
	script   => [qw(base mail script)],
	mailauth => [qw(base crypto mail mailauth)],
	detect   => [qw(base mail mailauth detect)],
	engine   => [qw(base crypto mail mailauth detect script engine)],
	conf     => [qw(base crypto script conf)],
	role     => [qw(base conf role)],
	store    => [qw(base crypto mail db store)],
	web      => [qw(base crypto net db conf script store web)],
	tool     => [qw(base crypto mail db mailauth detect net engine conf
		role store tool)],
);
# A foreign library is seen by the files that match, and by no other.
my %foreign = (
	'libmilter/'    => qr{^applets/filter/front},
	'libpq'         => qr{^applets/lib/db/},
	'mbedtls/'      => qr{^applets/lib/(crypto|net)/},
	'openssl/'      => qr{^applets/lib/crypto/},
	'sodium'        => qr{^applets/lib/crypto/},
	'(?:lua|laux)'  => qr{^applets/lib/script/},
	'event2?'       => qr{^applets/lib/(net|web)/},
	'unbound'       => qr{^applets/lib/net/},
	'hs(?:\.h|/)'   => qr{^applets/lib/detect/},
	'archive'       => qr{^applets/lib/mail/},
	'zlib'          => qr{^applets/lib/mail/},
	'libpsl'        => qr{^applets/lib/mail/},
	'idn2'          => qr{^applets/lib/mail/},
	'unicode/'      => qr{^applets/lib/mail/},
	'jansson'       => qr{^applets/lib/base/},
	'zstd'          => qr{^applets/lib/base/},
	'ldap'          => qr{^applets/lib/net/},
	'seccomp'       => qr{^applets/lib/role/},
	'linux/landlock' => qr{^applets/lib/role/},
);

my @files = ('main.c');
find({ no_chdir => 1, wanted => sub {
	push @files, $_ if /\.[ch]$/;
} }, 'applets');

# What a file may include in quotes: (layers, own applet).
sub allowed {
	my ($file) = @_;
	return (['base'], undef) if $file eq 'main.c';
	return ($may{$1} // [], undef) if $file =~ m{^applets/lib/([^/]+)/};
	my ($own) = $file =~ m{^applets/([^/]+)/};
	return ([keys %may], $own);
}

for my $file (sort @files) {
	my ($layers, $own) = allowed($file);
	my @bad;
	open my $in, '<', $file or die "$file: $!";
	while (<$in>) {
		if (m{^\s*#\s*include\s*"([^"]+)"}) {
			my $what = $1;
			next if $what =~ /\.def$/;
			if ($what =~ m{^([^/]+)/}) {
				my $layer = $1;
				push @bad, "$.: must not include \"$what\""
					unless grep { $_ eq $layer } @$layers;
			} elsif (!defined $own) {
				push @bad, "$.: write the layer in \"$what\"";
			} elsif (! -e "applets/$own/$what") {
				push @bad, "$.: \"$what\" is not of applets/$own";
			}
		} elsif (m{^\s*#\s*include\s*<([^>]+)>}) {
			my $what = $1;
			for my $lib (keys %foreign) {
				push @bad, "$.: must not include <$what>"
					if $what =~ m{^$lib} &&
					$file !~ $foreign{$lib};
			}
		}
	}
	close $in;
	is(join("\n", @bad), '', "$file keeps to its layer");
}
done_testing;

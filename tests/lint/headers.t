#!/usr/bin/perl
# Each header compiles alone, twice, and starts with its contract.
use strict;
use warnings;
use File::Find;
use Test::More;

my @headers;
find({ no_chdir => 1, wanted => sub { push @headers, $_ if /\.h$/ } },
	'applets');
my $flags = `pkg-config --cflags lua5.4 libseccomp jansson libpq`;
chomp $flags;
my $build = $ENV{PM_BUILD} // 'build/rel';
# One compiler for all: each header is a file of its own that includes it twice.
mkdir 'build';
mkdir 'build/headers';
my @units;
for my $h (sort @headers) {
	(my $unit = $h) =~ tr{/}{_};
	$unit = "build/headers/$unit.c";
	open my $out, '>', $unit or die "$unit: $!";
	print $out "#include \"../../$h\"\n" x 2;
	close $out;
	push @units, $unit;
}
my $out = qx(cc -std=c11 -D_GNU_SOURCE -Iapplets/lib -Iapplets/filter \\
	-Iapplets/mta -I$build $flags -fsyntax-only -Wall -Wextra -Werror \\
	@units 2>&1);
is($out, '', 'each header compiles alone, twice');
for my $h (sort @headers) {
	open my $in, '<', $h or die "$h: $!";
	my $first = <$in>;
	like($first, qr{^/\*}, "$h begins with its contract");
}
done_testing;

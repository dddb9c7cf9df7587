# For processes that are started by hand: their role users may not exist here,
# and one without root stays who it is.
package Nobody;
use strict;
use warnings;
use Cwd qw(abs_path);
use POSIX ();
use Test::More;

# Gives root up for good; the path of pm. Skips the test when nobody cannot
# execute it.
sub become {
	my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
	$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
	if ($> == 0) {
		POSIX::setgid(65534);
		POSIX::setuid(65534);
	}
	-x $pm or plan skip_all => "nobody cannot reach $pm";
	return $pm;
}

1;

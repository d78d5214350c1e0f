/** Words that are easily read, typed and told apart. */
export const WORDS: readonly string[] = `
acorn actor agent album alley alpine amber anchor angle apple apron arbor arch arena armor arrow
artist aspen atlas attic autumn badge bagel baker bamboo banana banjo banner barley barn basil basin
basket bath beach beacon beaver bell bench berry bicycle birch bishop blanket blossom board boat
bonnet book boot bottle bowl bracket branch brass bread brick bridge broom brother brush bubble
bucket buckle bugle butter button cabin cable cactus camel camera candle candy canoe canvas captain
carbon cargo carpet carrot castle cattle cave cedar cellar cello cement center chain chair chalk
channel chapel cherry chess chest chicken chimney cider cinema circle circus citrus clay cliff clock
closet cloud clover coast cobalt coffee collar comet compass copper coral corner cotton cousin
cradle crane crayon creek cricket crown crystal curtain cushion dancer desert diamond dinner doctor
dolphin donkey door dragon drawer dream drum dune eagle earth easel echo elbow elder elephant ember
emerald engine envelope falcon farmer feather fence fern ferry fiddle field finger flag flame flower
flute forest fork fossil fountain frame frost fruit galaxy garden garlic gate gentle giant ginger
giraffe glacier glass globe glove goat gold goose granite grape grass gravel guitar hammer hammock
harbor harp harvest hazel heart hedge helmet heron hill honey horse hotel house iceberg igloo island
ivory jacket jaguar jasmine jewel jigsaw judge juice jungle kayak kettle kingdom kitchen kite kitten
koala ladder ladle lagoon lake lamp lantern lark laurel lava leaf lemon lentil letter library lily
linen lion lizard lobster locket lotus lunch magnet mango mantle maple marble market meadow medal
melon mentor mirror mitten monkey moon mosaic moss motor mountain muffin museum music mustard napkin
nectar needle nest noodle north notebook nugget oasis oatmeal ocean olive onion opal orange orbit
orchard orchid organ otter oven oyster paddle painter palace palm panda panther paper parade parrot
parsley pasture peach peanut pearl pebble pelican pencil penguin pepper piano picnic pigeon pillow
pilot pine pirate planet plaza plum pocket poet pond pony poppy potato prairie prism pulley pumpkin
puppet puzzle quail quarry quartz queen quilt rabbit radar radio raft rain ranch raven reef ribbon
river robin rocket roof rose ruby saddle saffron sailor salad salmon sandal satin saturn school
scooter season seed shadow shell shepherd shield shovel silver singer sister sketch slipper snow
socket spider spoon spring spruce square squirrel stable station statue stone storm stove straw
stream sugar summer sunset swan table tailor tango teacher temple tennis thimble thunder ticket
tiger timber tomato torch tower tractor train travel trumpet tulip tunnel turtle umbrella uncle
valley vanilla velvet village vine violet violin volcano wagon walnut walrus water weaver whale
wheat wheel whistle willow window winter wizard wolf wool writer yacht yellow yogurt zebra zipper
`
  .trim()
  .split(/\s+/);
